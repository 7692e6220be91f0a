// Files: how a shared one and a picture are drawn, and how one is read to be sent.

import { fileAddress } from "./api.js";
import { h, icon } from "./dom.js";

export const LIMIT = 20 * 1024 * 1024; // bytes the playground takes
const FOR_THE_BOT = /^\/files\/([A-Z0-9]+)\/([A-Z0-9]+)\//;
const SHOWN = ["image/png", "image/jpeg", "image/gif", "image/webp"]; // what the playground serves as a picture

/** An image that the playground itself serves. Others are only named: this page asks nobody else for anything. */
export function picture(url, alt, className = "picture") {
  const address = url && URL.canParse(url, location.href) ? new URL(url, location.href) : null;
  const here = address && pageAddress(address);
  if (here) return h(`img.${className}`, { src: here, alt: alt ?? "", loading: "lazy" });
  const outside = address && /^https?:$/.test(address.protocol);
  return outside
    ? h(
        "a.outside-image",
        { href: address.href, target: "_blank", rel: "noopener noreferrer" },
        icon("file"),
        alt || "Image",
      )
    : h("span.outside-image", {}, icon("file"), alt || "Image");
}

/** The picture that an image block or element names. */
export function pictureOf(image, className) {
  const { id, url } = image.slack_file ?? {};
  return picture(image.image_url ?? (id ? fileAddress(id) : (url ?? "")), image.alt_text, className);
}

/** Where the page gets what `address` names, null when it is not the playground's. A file's own address wants a token. */
function pageAddress(address) {
  const isHere = address.origin === location.origin || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(address.hostname);
  const [, team, file] = (isHere && FOR_THE_BOT.exec(address.pathname)) || [];
  if (file) return `/control/file?team=${team}&id=${file}`;
  return address.origin === location.origin ? address.href : null;
}

/** Draw a file shared in a message: a picture, or its name to download it by. */
export function drawFile(file) {
  const name = file.title || file.name || "File";
  if (SHOWN.includes(file.mimetype) && file.page_url)
    return h(
      "figure",
      {},
      h("figcaption", {}, name),
      h("a.picture-link", { href: file.page_url, target: "_blank" }, picture(file.page_url, file.alt_txt || name)),
    );
  return h(
    "a.file",
    { href: file.page_url?.startsWith("/") ? file.page_url : null, download: file.name ?? "" },
    icon("file"),
    h("span", {}, name, h("span.hint", {}, sizeText(file.size))),
  );
}

/** "3 kB", "1.2 MB", or nothing when the size is not known. */
export function sizeText(bytes) {
  if (!bytes) return "";
  return bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A chosen file's content in base64. */
export function contentOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Error(`${file.name} could not be read. Choose it again.`));
    reader.readAsDataURL(file);
  });
}
