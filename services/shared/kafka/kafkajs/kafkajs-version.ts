import { createRequire } from 'node:module';
import { KafkaPortError } from '../ports.ts';

/** The version whose sources were read for `kafkajs-source.d.ts` and for each cure in this folder. */
export const knownKafkajsVersion = '2.2.4';

/** @throws KafkaPortError `unexpected` unless kafkajs is the version that this adapter was built on. */
export function requireKnownKafkajs(version: string = installedKafkajsVersion()): void {
  if (version === knownKafkajsVersion) return;
  throw new KafkaPortError(
    'unexpected',
    `kafkajs ${version} is installed, but this adapter stands on internals of ${knownKafkajsVersion}: ` +
      `install kafkajs ${knownKafkajsVersion}, or compare every module named in kafkajs-source.d.ts ` +
      'with the new sources, run test/integration/kafka and raise knownKafkajsVersion',
  );
}

function installedKafkajsVersion(): string {
  const description: unknown = createRequire(import.meta.url)('kafkajs/package.json');
  const hasVersion =
    typeof description === 'object' && description !== null && 'version' in description;
  return hasVersion ? String(description.version) : 'of unknown version';
}
