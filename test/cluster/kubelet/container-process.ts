import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { V1Container } from '@kubernetes/client-node';
import { projectFolder } from '../../../services/local/project-folder.ts';
import { systemClock } from '../../../services/shared/clock/system.ts';
import { containerVariables, expand } from './environment.ts';
import { imageOf } from './pod-context.ts';
import type { PodContext } from './pod-context.ts';

/** How the process of a container ended, as container engines tell it: 128 and the signal's number. */
export interface ContainerEnd {
  readonly exitCode: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
}

export interface ContainerProcess {
  readonly startedAtMs: number;
  /** Of the command itself on this machine; `null` before it runs and after its end. */
  pid(): number | null;
  readonly ended: Promise<ContainerEnd>;
  /** To the command alone, which is process 1 of its container: the others die with it. */
  kill(signal: NodeJS.Signals): void;
}

const unshareArguments = ['--mount', '--pid', '--fork', '--kill-child'];
const signalExit = { SIGKILL: 137, SIGTERM: 143, SIGINT: 130 } as const;
const userDefault = 0;

/**
 * Starts the command of a container with its variables, its volumes where it wants them, and the
 * image's files around it. @throws Error if something that it needs is not there.
 */
export async function startContainer(
  context: PodContext,
  container: V1Container,
  volumes: ReadonlyMap<string, string>,
): Promise<ContainerProcess> {
  const { tools, pod, namespace, name } = context;
  const variables = await containerVariables(context, container);
  const image = imageOf(context, container.image ?? '');
  const user = container.securityContext?.runAsUser ?? pod.spec?.securityContext?.runAsUser;
  const root = mkdtempSync(join(tools.folder, 'root-'));
  const command = commandOf(context, container).map((word) => expand(word, variables));
  const log = openSync(join(tools.logFolder, `${namespace}_${name}_${container.name}.log`), 'a');
  const child = spawn(
    'unshare',
    [
      ...unshareArguments,
      '/bin/sh',
      scriptFile(),
      root,
      image.folder,
      process.execPath,
      container.workingDir ?? image.workdir,
      String(user ?? userDefault),
      container.securityContext?.readOnlyRootFilesystem === true ? 'ro' : 'rw',
      ...mountsOf(container, volumes),
      '--',
      ...command,
    ],
    { detached: true, env: { ...variables }, stdio: ['ignore', log, log] },
  );
  closeSync(log);
  const startedAtMs = systemClock.nowMs();
  const { pid } = child;
  if (pid !== undefined) tools.keeper.killAtEnd(pid);
  const ended = new Promise<ContainerEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (pid !== undefined) tools.keeper.spare(pid);
      rmSync(root, { recursive: true, force: true });
      const exitCode = code ?? signalExit[signal === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL'];
      resolve({ exitCode, startedAtMs, endedAtMs: systemClock.nowMs() });
    });
  });
  return {
    startedAtMs,
    pid: () => processInside(child),
    ended,
    kill: (signal) => {
      const inside = processInside(child);
      if (inside !== null) process.kill(inside, signal);
      // Before the command runs there is nobody inside who could hear it.
      else child.kill('SIGKILL');
    },
  };
}

/** The same for the sources and for what is compiled from them. */
function scriptFile(): string {
  return join(projectFolder(), 'test/cluster/kubelet/run-container.sh');
}

function commandOf(context: PodContext, { command, args, image }: V1Container): readonly string[] {
  if (command !== undefined) return [...command, ...(args ?? [])];
  const { settings } = imageOf(context, image ?? '');
  const words = (text: string | undefined): readonly string[] =>
    text === undefined ? [] : (JSON.parse(text) as readonly string[]);
  return [...words(settings.ENTRYPOINT), ...(args ?? words(settings.CMD))];
}

function mountsOf(container: V1Container, volumes: ReadonlyMap<string, string>): readonly string[] {
  return (container.volumeMounts ?? []).map(({ name, mountPath, readOnly, subPath }) => {
    const folder = volumes.get(name);
    if (folder === undefined) throw new Error(`there is no volume ${name}`);
    const source = subPath === undefined ? folder : join(folder, subPath);
    return `${readOnly === true ? 'ro' : 'rw'}:${source}:${mountPath.replace(/\/$/, '')}`;
  });
}

/** The one child of `unshare`, which becomes the command. */
function processInside({ pid }: ChildProcess): number | null {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? null : Number(children);
  } catch {
    // It has ended.
    return null;
  }
}
