import { systemClock, systemRandom } from '../shared/clock/system.ts';
import { connectKafka } from '../shared/kafka/kafkajs/connect.ts';
import type { KafkaConnection } from '../shared/kafka/ports.ts';
import { createFileStore } from '../shared/object-store/file-store.ts';
import { openPinoLog } from '../shared/process/pino-log.ts';
import type { CommandTools } from './command-tools.ts';
import type { KafkaPlace } from './kafka-place.ts';
import { probeBrokers } from './probe-brokers.ts';
import { openTerminal } from './terminal.ts';

/** The world as it is, for a command that a person typed. */
export function realTools(node: NodeJS.Process, interrupted: AbortSignal): CommandTools {
  return {
    environment: node.env,
    clock: systemClock,
    random: systemRandom,
    terminal: openTerminal({ stdout: node.stdout, stderr: node.stderr }),
    connect: (place) => connect(place, node.stderr),
    probeBrokers,
    objectStore: createFileStore,
    openCutter: async () => {
      const { nodeAvCutter } = await import('./submit/node-av-cutter.ts');
      return nodeAvCutter(systemClock);
    },
    interrupted,
  };
}

function connect(
  place: KafkaPlace,
  destination: Parameters<typeof openPinoLog>[1],
): KafkaConnection {
  // What goes wrong reaches the person as one line; how, is for those who look for the cause.
  const level = place.logLevel === 'debug' ? 'debug' : 'fatal';
  return connectKafka({
    config: place,
    clientId: 'spillway-cli',
    limits: place.limits,
    clock: systemClock,
    random: systemRandom,
    log: openPinoLog({ level, process: 'cli' }, destination),
  });
}
