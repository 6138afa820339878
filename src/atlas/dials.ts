// The pace of dialling: the one place that every new connection to Atlas passes, by a proxy or without. One dial per
// call and, after several in vain, one a second: undici alone dials again at once if a peer accepts and closes, for
// as long as a call has time (lib/dispatcher/client.js, onError, spares requests a UND_ERR_SOCKET).
import { performance } from "node:perf_hooks";
import type { buildConnector } from "undici";

/** In a row; one failure among many that succeed holds up nobody. */
const FAILURES_MAX = 5;
const PAUSE_MS = 1_000;

type Connector = buildConnector.connector;

/** One pace for all that it is put around; whoever is not dialled for gets the last failure, at once. */
export function createPace(): (connector: Connector) => Connector {
  let failures = 0;
  let last = new Error("never dialled");
  let nextAt = 0;
  return (connector) => (options, callback) => {
    if (failures >= FAILURES_MAX && performance.now() < nextAt) {
      const refusal = toFinal(last);
      setImmediate(() => {
        callback(refusal, null);
      });
      return;
    }
    nextAt = performance.now() + PAUSE_MS;
    connector(options, (...[error, socket]) => {
      if (error === null) {
        failures = 0;
        callback(null, socket);
        return;
      }
      failures += 1;
      last = error;
      nextAt = performance.now() + PAUSE_MS;
      callback(toFinal(error), null);
    });
  };
}

/** Under its own code undici would take a lost tunnel for a connection to be made again, and never end the call. */
function toFinal(error: Error): Error {
  const isSpared = "code" in error && (error.code === "UND_ERR_SOCKET" || error.code === "UND_ERR_INFO");
  return isSpared ? new Error(`no connection: ${error.message}`, { cause: error }) : error;
}
