import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Files that come with the sources of the pinned modules, in Go's module cache. */
export interface ModuleFiles {
  /** Folder of CustomResourceDefinitions. */
  readonly kedaCrds: string;
  readonly kedaMetricsServer: string;
  /** Admission webhooks' configuration. */
  readonly kedaWebhooks: string;
  readonly kwokStages: string;
  readonly karpenterCrds: string;
  readonly karpenterKwokCrds: string;
  /** OpenAPI of the API server, all groups. */
  readonly swagger: string;
}

const versions = {
  keda: 'github.com/kedacore/keda/v2@v2.21.0',
  karpenter: 'sigs.k8s.io/karpenter@v1.14.0',
  kwok: 'sigs.k8s.io/kwok@v0.8.0',
  kubernetes: 'k8s.io/kubernetes@v1.36.3',
} as const;

/** As `go mod download` takes them. */
export const modulesWithFiles: readonly string[] = Object.values(versions);

/** Where they are, whether they are there or not. */
export function moduleFiles(moduleCache: string): ModuleFiles {
  const keda = join(moduleCache, versions.keda, 'config');
  const karpenter = join(moduleCache, versions.karpenter);
  return {
    kedaCrds: join(keda, 'crd/bases'),
    kedaMetricsServer: join(keda, 'metrics-server'),
    kedaWebhooks: join(keda, 'webhooks'),
    kwokStages: join(moduleCache, versions.kwok, 'kustomize/stage'),
    karpenterCrds: join(karpenter, 'pkg/apis/crds'),
    karpenterKwokCrds: join(karpenter, 'kwok/apis/crds'),
    swagger: join(moduleCache, versions.kubernetes, 'api/openapi-spec/swagger.json'),
  };
}

/** Those that are not there. */
export function missingModuleFiles(files: ModuleFiles): readonly string[] {
  return Object.values(files).filter((file: string) => !existsSync(file));
}

/** Go's own answer, or its default where there is no Go. */
export function moduleCacheFolder(
  environment: Readonly<Record<string, string | undefined>>,
): string {
  try {
    return execFileSync('go', ['env', 'GOMODCACHE'], {
      encoding: 'utf8',
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return join(homedir(), 'go/pkg/mod');
  }
}
