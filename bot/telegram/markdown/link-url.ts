/**
 * Which link targets Telegram takes in a `text_link`. A bad one is not merely
 * dropped: it makes the server refuse the whole message. So this is narrower
 * than TDLib's own check (`LinkManager::check_link`), never wider.
 */
import { cleanText } from "../clean.ts";

const maxUrlUnits = 2048;

const label = String.raw`[\p{L}\p{N}][\p{L}\p{N}\p{M}_-]*`;
// TDLib writes a port anew, without zeros before it: what it keeps would not be what we sent.
const webUrl = new RegExp(
  String.raw`^https?://${label}(?:\.${label})+(?::(?<port>[1-9]\d{0,4}))?(?:[/?#][^\s\p{C}]*)?$`,
  "iu",
);
// tg://user?id=1 is excluded: as an entity it becomes a mention of that person.
const appUrl = /^tg:\/\/(?!user\b)[a-z]+(?:\?[\w=&%.+-]*)?$/i;

/**
 * The URL as Telegram will take it, or `undefined` where it would refuse it or
 * make something else of it: mailto: and tel: are read as host names there
 * (addresses and numbers in plain text are found by the clients themselves).
 */
export function linkUrl(target: string): string | undefined {
  const url = cleanText(target).trim().replaceAll(" ", "%20");
  if (url.length > maxUrlUnits) return undefined;
  if (appUrl.test(url)) return url;
  const match = webUrl.exec(url);
  if (match === null) return undefined;
  const port = match.groups?.["port"];
  return port === undefined || Number(port) <= 65_535 ? url : undefined;
}
