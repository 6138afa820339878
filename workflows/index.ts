// All workflows, by name: what the bundler reads.
export { changeProcessor } from "./change-processor.js";
export { reconcile } from "./reconcile.js";
