import { describe, expect, test } from 'vitest';
import { kedaSettings } from '../../../../services/scaler/keda/keda-settings.ts';
import { parseEnvironment } from '../../../../services/shared/process/environment.ts';

const read = (environment: Readonly<Record<string, string>>): unknown =>
  parseEnvironment({ keda: kedaSettings }, environment).keda;

const files = {
  SPILLWAY_KEDA_TLS_CERT_FILE: '/tls/tls.crt',
  SPILLWAY_KEDA_TLS_KEY_FILE: '/tls/tls.key',
};

describe('kedaSettings', () => {
  test('KEDA is served on the port that is set, and nowhere without one', () => {
    expect(read({})).toBeNull();
    expect(read({ SPILLWAY_KEDA_PORT: '9091' })).toEqual({ address: null, port: 9091, tls: null });
    const all = {
      ...files,
      SPILLWAY_KEDA_PORT: '0',
      SPILLWAY_KEDA_ADDRESS: '10.0.0.7',
      SPILLWAY_KEDA_TLS_CLIENT_CA_FILE: '/tls/ca.crt',
    };
    expect(read(all)).toEqual({
      address: '10.0.0.7',
      port: 0,
      tls: {
        certificateFile: '/tls/tls.crt',
        keyFile: '/tls/tls.key',
        clientAuthorityFile: '/tls/ca.crt',
      },
    });
  });

  test.each([
    [{ SPILLWAY_KEDA_PORT: '70000' }, /SPILLWAY_KEDA_PORT is "70000"; it must be a whole number/],
    [{ ...files }, /SPILLWAY_KEDA_\* is set but SPILLWAY_KEDA_PORT is not/],
    [
      { SPILLWAY_KEDA_PORT: '1', SPILLWAY_KEDA_TLS_KEY_FILE: '/tls/tls.key' },
      /SPILLWAY_KEDA_TLS_CERT_FILE and SPILLWAY_KEDA_TLS_KEY_FILE belong together/,
    ],
    [
      { SPILLWAY_KEDA_PORT: '1', SPILLWAY_KEDA_TLS_CLIENT_CA_FILE: '/tls/ca.crt' },
      /SPILLWAY_KEDA_TLS_CLIENT_CA_FILE is set but SPILLWAY_KEDA_TLS_CERT_FILE is not/,
    ],
  ])('refuses %j in one line', (environment, line) => {
    expect(() => read(environment)).toThrow(line);
  });
});
