// Slack, and what takes the same (Mattermost, Rocket.Chat and others): a JSON document with one text.
import { cut } from "../base/text.js";
import { formatNotices, formatSubject } from "../domain/tell/notices.js";
import type { Message } from "../domain/tell/notices.js";
import type { Channel } from "./channel.js";
import { postMessage } from "./post.js";
import type { HttpReceiver } from "./post.js";

/** More than fits on a screen is not read. */
const LINES_MAX = 20;
/** Of a line and of the heading. */
const LINE_MAX = 400;

export function openSlack(receiver: HttpReceiver): Channel {
  return {
    name: "slack",
    send: (message) =>
      postMessage({ ...receiver, headers: {}, body: JSON.stringify({ text: toText(message) }) }),
  };
}

function toText(message: Message): string {
  const lines = formatNotices(message, LINES_MAX).map((line) => `• ${escape(cut(line, LINE_MAX))}`);
  return [`*${escape(cut(formatSubject(message), LINE_MAX))}*`, ...lines].join("\n");
}

/** Slack's three: with any of them plain, a text from outside could link, or call everybody in the room. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
