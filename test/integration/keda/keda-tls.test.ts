import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authorityIn, clientSecurity } from '../../support/keda/certificates.ts';
import type { Authority } from '../../support/keda/certificates.ts';
import { kedaClient } from '../../support/keda/keda-client.ts';
import type { Poll } from '../../support/keda/keda-client.ts';
import { gpuAsked, gpuWanted, servedDirectives } from '../../support/keda/served-directives.ts';
import type { ServedDirectives } from '../../support/keda/served-directives.ts';
import { temporaryFolder } from '../../support/program-file.ts';

const cutOff = {
  code: 'UNAVAILABLE',
  line: expect.stringMatching(/No connection established|ECONNRESET|closed/i),
};

let served: ServedDirectives;
let folder: string;
let own: Authority;
beforeEach(async () => {
  served = await servedDirectives();
  folder = temporaryFolder();
  own = authorityIn(folder, 'own');
});
afterEach(() => served.closeAll());

async function pollWith(port: number, security: ReturnType<typeof clientSecurity>): Promise<Poll> {
  const client = kedaClient(`localhost:${port}`, security);
  try {
    return await client.poll(gpuAsked);
  } finally {
    client.close();
  }
}

describe('openKedaServer over TLS', () => {
  test('answers whoever trusts its certificate, and nobody who talks in the clear', async () => {
    const tls = { ...own.issue('scaler'), clientAuthorityFile: null };
    const { port, client } = await served.open({ tls });
    await served.publish([gpuWanted(3)]);
    const poll = await pollWith(port, clientSecurity(own.file, null));
    expect(poll.isActive).toEqual({ result: true });
    expect((await client.poll(gpuAsked)).isActive).toEqual(cutOff);
    const other = authorityIn(folder, 'other');
    expect((await pollWith(port, clientSecurity(other.file, null))).isActive).toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  test('that asks for certificates refuses those without one, and those of another authority', async () => {
    const other = authorityIn(folder, 'other');
    const tls = { ...own.issue('scaler'), clientAuthorityFile: own.file };
    const { port } = await served.open({ tls });
    await served.publish([gpuWanted(3)]);
    const known = await pollWith(port, clientSecurity(own.file, own.issue('keda')));
    expect(known.isActive).toEqual({ result: true });
    expect((await pollWith(port, clientSecurity(own.file, null))).isActive).toEqual(cutOff);
    const foreign = await pollWith(port, clientSecurity(own.file, other.issue('stranger')));
    expect(foreign.isActive).toEqual(cutOff);
  });

  test('serves a certificate that rotated within ten seconds, and a spoiled file not at all', async () => {
    const next = authorityIn(folder, 'next');
    const files = own.issue('scaler');
    const { port, log } = await served.open({ tls: { ...files, clientAuthorityFile: null } });
    await served.publish([gpuWanted(3)]);
    const whole = readFileSync(files.keyFile);
    writeFileSync(files.keyFile, whole.subarray(0, 40));
    await served.clock.elapseMs(10_000);
    await expect
      .poll(() => log.lines.map(({ event }) => event))
      .toContain('keda-certificates-unusable');
    expect((await pollWith(port, clientSecurity(own.file, null))).isActive).toEqual({
      result: true,
    });
    const rotated = next.issue('rotated');
    copyFileSync(rotated.certificateFile, files.certificateFile);
    copyFileSync(rotated.keyFile, files.keyFile);
    await served.clock.elapseMs(10_000);
    await expect
      .poll(() => log.lines.map(({ event }) => event))
      .toContain('keda-certificates-changed');
    expect((await pollWith(port, clientSecurity(next.file, null))).isActive).toEqual({
      result: true,
    });
    expect((await pollWith(port, clientSecurity(own.file, null))).isActive).toMatchObject({
      code: 'UNAVAILABLE',
    });
  });

  test('does not begin without certificates that fit together', async () => {
    const tls = {
      certificateFile: own.file,
      keyFile: join(folder, 'none.key'),
      clientAuthorityFile: null,
    };
    await expect(served.open({ tls })).rejects.toMatchObject({
      code: 'certificates-unusable',
      message: expect.stringMatching(/^no TLS can be served from .*none\.key: ENOENT/),
    });
    const { certificateFile } = own.issue('one');
    const { keyFile } = own.issue('two');
    const unfit = { certificateFile, keyFile, clientAuthorityFile: null };
    await expect(served.open({ tls: unfit })).rejects.toMatchObject({
      code: 'certificates-unusable',
    });
  });
});
