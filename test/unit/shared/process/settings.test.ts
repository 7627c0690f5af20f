import { describe, expect, it } from 'vitest';
import { listSettings, parseEnvironment } from '../../../../services/shared/process/environment.ts';
import type { ConfigOf } from '../../../../services/shared/process/environment.ts';
import type { Environment } from '../../../../services/shared/process/ports.ts';
import { kafkaSettings, processSettings } from '../../../../services/shared/process/settings.ts';

const tree = { kafka: kafkaSettings, ...processSettings };

function parse(variables: Environment): ConfigOf<typeof tree> {
  return parseEnvironment(tree, { KAFKA_BROKERS: 'localhost:9092', ...variables });
}

describe('the settings of every process', () => {
  it('need nothing but the brokers', () => {
    expect(parse({})).toEqual({
      kafka: { brokers: ['localhost:9092'], tls: null, sasl: null, topicPrefix: 'spillway.' },
      log: { level: 'info' },
      http: { address: null, port: 9090 },
      shutdown: { drainMs: 18_000, closeMs: 8000 },
    });
  });

  it('stop within the 30 s that many platforms grant, unless told otherwise', () => {
    const { drainMs, closeMs } = parse({}).shutdown;
    expect(drainMs + closeMs).toBeLessThan(30_000);
  });

  it('take several brokers, with names or addresses of both kinds', () => {
    const { kafka } = parse({ KAFKA_BROKERS: 'a.example:9092, 10.0.0.1:9093,[::1]:9094' });
    expect(kafka.brokers).toEqual(['a.example:9092', '10.0.0.1:9093', '[::1]:9094']);
  });

  it.each(['localhost', 'kafka://a:9092', 'a:9092,', 'a:9092;b:9092', ':9092'])(
    'refuse %j as brokers',
    (brokers) => {
      expect(() => parse({ KAFKA_BROKERS: brokers })).toThrow('it must be one or more host:port');
    },
  );

  it('give one value for the login, or none, and keep its password secret', () => {
    const { sasl } = parse({
      KAFKA_SASL_MECHANISM: 'scram-sha-512',
      KAFKA_SASL_USERNAME: 'spillway',
      KAFKA_SASL_PASSWORD: 'hunter2',
    }).kafka;
    expect(JSON.stringify(sasl)).toBe(
      '{"mechanism":"scram-sha-512","username":"spillway","password":"[redacted]"}',
    );
    expect(sasl?.password.reveal()).toBe('hunter2');
  });

  it('refuse half a login, half a certificate, and files for a connection without TLS', () => {
    expect(() => parse({ KAFKA_SASL_USERNAME: 'spillway' })).toThrow('belong together');
    const half = { KAFKA_TLS: 'true', KAFKA_TLS_CERT_FILE: '/certificate.pem' };
    expect(() => parse(half)).toThrow('belong together');
    expect(() => parse({ KAFKA_TLS_CA_FILE: '/ca.pem' })).toThrow('KAFKA_TLS is false');
  });

  it('give the files of both sides of a TLS connection', () => {
    const { tls } = parse({
      KAFKA_TLS: 'true',
      KAFKA_TLS_CA_FILE: '/ca.pem',
      KAFKA_TLS_CERT_FILE: '/certificate.pem',
      KAFKA_TLS_KEY_FILE: '/key.pem',
    }).kafka;
    const client = { certificateFile: '/certificate.pem', keyFile: '/key.pem' };
    expect(tls).toEqual({ authorityFile: '/ca.pem', client });
  });

  it('each have a name of their own, a purpose, and a default that they accept themselves', () => {
    const settings = listSettings(tree);
    expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
    for (const setting of settings) {
      expect(setting.purpose).toMatch(/^[A-Z].*\.$/);
      if (setting.defaultText !== null) expect(setting.read(null).isAccepted).toBe(true);
    }
  });
});
