// `get notifications`: the outbox, and what became of each notice in it.
import type { NotificationListing } from "../../app/look/page-listing.js";
import { formatAge } from "../terminal/output.js";
import type { Tone } from "../terminal/context.js";
import type { Noun } from "./noun.js";

export const notifications: Noun<NotificationListing> = {
  name: "notifications",
  description: "what word went out of, by which channel, newest first; kept for 30 days",
  pages: ({ pageNotifications }) => pageNotifications,
  label: ({ line, channel }) => `${line}/${channel}`,
  steady: (row) => row,
  columns: (now) => [
    { title: "AT", cell: ({ at }) => formatAge(now() - at) },
    { title: "CHANNEL", cell: ({ channel }) => channel },
    { title: "EVENT", cell: ({ kind }) => kind },
    { title: "NAME", cell: toSubject },
    {
      title: "OUTCOME",
      cell: ({ outcome }) => outcome ?? "waiting",
      tone: ({ outcome }) => toNoticeTone(outcome),
    },
    { title: "ATTEMPTS", cell: ({ attempts }) => String(attempts) },
    { title: "TEXT", cell: ({ text, error }) => (error === null ? text : `${text}; not sent: ${error}`) },
  ],
  examples: ["--condition waiting lost", "--since 12h -o json"],
};

function toSubject({ project, workspace, processor }: NotificationListing): string {
  const parts = [project, workspace, processor].filter((part) => part !== null);
  return parts.length === 0 ? "-" : parts.join("/");
}

/** Told before is as good as told; refused and given up, nobody knows of it. */
function toNoticeTone(outcome: string | null): Tone {
  switch (outcome) {
    case null:
      return "busy";
    case "delivered":
      return "good";
    case "repeated":
      return "quiet";
    default:
      return "bad";
  }
}
