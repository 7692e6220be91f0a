// What a person may do with Timbre, in words. The bot checks it again at every click.

export const ROLES = {
  admin: { label: "Admin", may: "Starts training, decides on new voices, goes back to an earlier one" },
  reviewer: { label: "Reviewer", may: "Approves answers with ✅, decides on new voices" },
  member: { label: "Member", may: "Asks, answers, rates what Timbre says" },
};

/** "admin", "reviewer" or "member". `groups` are all user groups. */
export function roleOf(person, groups) {
  if (person.is_admin) return "admin";
  return isReviewer(person, groups) ? "reviewer" : "member";
}

export function isReviewer(person, groups) {
  return [...groups].some((group) => group.handle === "reviewers" && group.members.includes(person.id));
}
