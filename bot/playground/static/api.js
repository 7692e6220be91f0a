// Talks to the playground's control API (docs/playground.md).

/** The playground refused: `error` is its word, the message a sentence for a person. */
export class ControlError extends Error {
  constructor(error, hint) {
    super(hint || `The playground answered “${error}”.`);
    this.error = error;
  }
}

let team = null;

/** Address every further call to the workspace with this id or domain. */
export function chooseTeam(id) {
  team = id;
}

/** POST to /control/<name> and return the answer; ControlError when it is refused. */
export async function act(name, body) {
  return answer(
    fetch(`/control/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(team ? { team, ...body } : body),
    }),
  );
}

/** GET /control/<name> and return the answer; ControlError when it is refused. */
export async function look(name, params = {}) {
  return answer(fetch(`/control/${name}?${query(params)}`));
}

function query(params) {
  const given = Object.entries({ team, ...params }).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(given).toString();
}

/** Where the page gets a file of this workspace. */
export const fileAddress = (id) => `/control/file?${query({ id })}`;

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new ControlError("unreachable", "The playground does not answer. Is it still running?");
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok || !body.ok) throw new ControlError(body.error ?? `http_${response.status}`, body.hint);
  return body;
}

/**
 * Follow the live feed as `as` sees it. Returns { close(), cursor() }.
 *
 * The browser reconnects by itself and resumes after the last item; when it gives up, `onLost` is called.
 */
export function follow({ as, after, traffic, onItem, onOpen, onDrop, onLost }) {
  let cursor = after;
  const source = new EventSource(`/control/events?${query({ as, after, traffic: traffic ? 1 : null })}`);
  source.onmessage = (event) => {
    cursor = event.lastEventId || cursor;
    onItem(JSON.parse(event.data));
  };
  source.onopen = () => onOpen();
  source.onerror = () => {
    onDrop();
    if (source.readyState === EventSource.CLOSED) onLost();
  };
  return { close: () => source.close(), cursor: () => cursor };
}
