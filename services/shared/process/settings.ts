import { group } from './environment.ts';
import type { ConfigOf } from './environment.ts';
import type { Secret } from './secret.ts';
import { choice, flag, list, optional, seconds, secretText, text, wholeNumber } from './setting.ts';

const path = /^\S.*$/;
const host = /^\S+$/;

export interface Tls {
  /** PEM file of the authorities to trust; `null` trusts those that Node knows. */
  readonly authorityFile: string | null;
  /** PEM files with which this process proves who it is; `null` if the broker does not ask. */
  readonly client: { readonly certificateFile: string; readonly keyFile: string } | null;
}

export interface Sasl {
  readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly username: string;
  readonly password: Secret;
}

const tls = group(
  {
    isOn: flag('KAFKA_TLS', {
      purpose: 'Whether to encrypt the connection to the brokers.',
      default: 'false',
    }),
    authorityFile: optional(
      text('KAFKA_TLS_CA_FILE', {
        purpose: 'Authorities to trust instead of those that Node knows.',
        accepts: 'the path of a PEM file',
        pattern: path,
      }),
    ),
    certificateFile: optional(
      text('KAFKA_TLS_CERT_FILE', {
        purpose: 'Certificate with which this process proves who it is.',
        accepts: 'the path of a PEM file',
        pattern: path,
      }),
    ),
    keyFile: optional(
      text('KAFKA_TLS_KEY_FILE', {
        purpose: 'Private key of that certificate.',
        accepts: 'the path of a PEM file',
        pattern: path,
      }),
    ),
  },
  ({ isOn, authorityFile, certificateFile, keyFile }, report): Tls | null => {
    const hasFiles = authorityFile !== null || certificateFile !== null || keyFile !== null;
    if (!isOn && hasFiles) report('KAFKA_TLS_*_FILE is set but KAFKA_TLS is false; set it true.');
    if ((certificateFile === null) !== (keyFile === null))
      report('KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE belong together; set both or neither.');
    if (!isOn) return null;
    const hasClient = certificateFile !== null && keyFile !== null;
    return { authorityFile, client: hasClient ? { certificateFile, keyFile } : null };
  },
);

const sasl = group(
  {
    mechanism: optional(
      choice('KAFKA_SASL_MECHANISM', {
        purpose: 'How to log in to the brokers; no login if not set.',
        choices: ['plain', 'scram-sha-256', 'scram-sha-512'],
      }),
    ),
    username: optional(
      text('KAFKA_SASL_USERNAME', {
        purpose: 'Name to log in with.',
        accepts: 'a name',
        pattern: /^.+$/,
      }),
    ),
    password: optional(secretText('KAFKA_SASL_PASSWORD', { purpose: 'Password to log in with.' })),
  },
  ({ mechanism, username, password }, report): Sasl | null => {
    const given = [mechanism, username, password].filter((value) => value !== null).length;
    if (given === 1 || given === 2)
      report(
        'KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD belong together; ' +
          'set all or none.',
      );
    if (mechanism === null || username === null || password === null) return null;
    return { mechanism, username, password };
  },
);

/** How to reach Kafka and what our topics are called: for every process. */
export const kafkaSettings = {
  brokers: list('KAFKA_BROKERS', {
    purpose: 'Where to find the cluster; two or three brokers are enough to find the others.',
    accepts: 'one or more host:port, separated by commas',
    pattern: /^(\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}$/,
  }),
  tls,
  sasl,
  topicPrefix: text('SPILLWAY_TOPIC_PREFIX', {
    purpose: 'Stands before the name of each topic, group and transactional id of one deployment.',
    accepts: 'up to 64 letters, digits, dots, dashes and underscores',
    pattern: /^[A-Za-z0-9._-]{1,64}$/,
    default: 'spillway.',
  }),
};

/** What `run` needs: log, health and metrics port, and the times of a shutdown. */
export const processSettings = {
  log: {
    level: choice('SPILLWAY_LOG_LEVEL', {
      purpose: 'The least severe level that is logged.',
      choices: ['debug', 'info', 'warn', 'error', 'fatal'],
      default: 'info',
    }),
  },
  http: {
    address: optional(
      text('SPILLWAY_HTTP_ADDRESS', {
        purpose: 'Address to serve health and metrics on; all addresses if not set.',
        accepts: 'an address of this machine',
        pattern: host,
      }),
    ),
    port: wholeNumber('SPILLWAY_HTTP_PORT', {
      purpose: 'Port of /metrics, /healthz and /readyz; 0 takes a free one and logs it.',
      min: 0,
      max: 65_535,
      default: 9090,
    }),
  },
  shutdown: {
    drainMs: seconds('SPILLWAY_DRAIN_SECONDS', {
      purpose:
        'Time to finish the work in hand after a stop signal. Together with ' +
        'SPILLWAY_CLOSE_SECONDS it must be less than the grace period (30 s on many spot nodes).',
      min: 0,
      max: 3600,
      default: 18,
    }),
    closeMs: seconds('SPILLWAY_CLOSE_SECONDS', {
      purpose: 'Time to release what is not finished, to commit and to leave, after the drain.',
      min: 1,
      max: 300,
      default: 8,
    }),
  },
};
export type ProcessConfig = ConfigOf<typeof processSettings>;
