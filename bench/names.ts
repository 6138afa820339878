// The contenders, as results and tables name them.

export const HEADGATE = "Headgate";
export const BARE = "bare script";
export const QUEUE = "job queue";
/** A commit: Headgate before anything was done about speed. */
export const OLD = "8a86a5c";
