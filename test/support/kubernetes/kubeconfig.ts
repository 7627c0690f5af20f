import { writeFileSync } from 'node:fs';
import type { Certificate } from './certificates.ts';

export interface KubeconfigFacts {
  readonly file: string;
  readonly server: string;
  readonly certificateAuthorityFile: string;
  readonly user: Certificate;
}

/** A kubeconfig with one context, for programs that come with kubectl's own client. */
export function writeKubeconfig(facts: KubeconfigFacts): string {
  const { file, server, certificateAuthorityFile, user } = facts;
  // JSON is YAML.
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: 'local', cluster: { server, 'certificate-authority': certificateAuthorityFile } },
    ],
    users: [
      {
        name: 'user',
        user: { 'client-certificate': user.certificateFile, 'client-key': user.keyFile },
      },
    ],
    contexts: [{ name: 'local', context: { cluster: 'local', user: 'user' } }],
    'current-context': 'local',
  };
  writeFileSync(file, JSON.stringify(config, null, 2));
  return file;
}
