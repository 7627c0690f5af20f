import { openPinoLog } from './pino-log.ts';
import type { Host } from './ports.ts';

/** The operating system around a real process. `main.ts` passes Node's own `process`. */
export function nodeHost(node: NodeJS.Process): Host {
  return {
    onSignal: (listener) => {
      node.on('SIGTERM', () => listener('SIGTERM'));
      node.on('SIGINT', () => listener('SIGINT'));
    },
    onCrash: (listener) => {
      // Node turns a rejection that nobody handles into an uncaught exception of that origin.
      node.on('uncaughtException', (error, origin) => {
        const isRejection = origin === 'unhandledRejection';
        listener({ origin: isRejection ? 'unhandled-rejection' : 'uncaught-exception', error });
      });
    },
    openLog: (options) => openPinoLog(options),
    writeError: (text) => {
      node.stderr.write(text);
    },
    exit: (code) => {
      node.exit(code);
    },
  };
}
