import { spawn, type ChildProcess } from 'node:child_process';

/**
 * The keeper's program. It learns process groups and folders from lines on its standard input, and
 * acts when that input ends. A shell, because it must run from sources and from the build alike,
 * and costs 2 MB and a millisecond where a Node process costs 40 MB.
 *
 * It ignores the signals that end a session, since it has to outlive the session to clean up. The
 * folder is removed repeatedly because a process that was just killed may still be writing.
 */
const keeperProgram = `
trap '' HUP INT TERM
set -f
newline='
'
groups=' '
folders=''
while read -r verb value; do
  case $verb in
    kill) groups="$groups$value " ;;
    spare)
      kept=' '
      for group in $groups; do
        [ "$group" = "$value" ] || kept="$kept$group "
      done
      groups=$kept ;;
    remove) folders="$folders$value$newline" ;;
  esac
done
for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
IFS=$newline
for folder in $folders; do
  tries=0
  while [ -e "$folder" ] && [ "$tries" -lt 50 ]; do
    rm -rf -- "$folder" 2>/dev/null || sleep 0.1
    tries=$((tries + 1))
  done
done
`;

const restartsMax = 3;

/**
 * Ends what this process started, however this process ends.
 *
 * No handler runs on SIGKILL, so somebody else has to act: a tiny process in a session of its own
 * that holds the read end of a pipe. The kernel closes the write end whatever ends us, the keeper
 * reads the end of its input, kills the process groups that it was told of and removes the folders.
 * The programs themselves need no code for this.
 *
 * What remains uncovered: the instant between a start and its line in the pipe, and somebody who
 * kills both this process and the keeper at once.
 */
export class Keeper {
  readonly #groups = new Set<number>();
  readonly #folders = new Set<string>();
  #process: ChildProcess;
  #restarts = 0;
  #isClosed = false;

  constructor() {
    this.#process = this.#start();
  }

  /** The keeper's own process, for a test that wants to end it. */
  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** From here on the process group led by `pid` (a child started `detached`) dies with us. */
  killAtEnd(pid: number): void {
    this.#groups.add(pid);
    this.#tell(`kill ${pid}`);
  }

  /** The group led by `pid` has ended; its number may soon belong to a stranger. Idempotent. */
  spare(pid: number): void {
    if (this.#groups.delete(pid)) this.#tell(`spare ${pid}`);
  }

  /** `folder`, an absolute path that nobody will use again, is removed with all in it. */
  removeAtEnd(folder: string): void {
    if (!/^\/.*[^/\s].*$/.test(folder) || folder !== folder.trim()) {
      throw new Error(`the keeper removes absolute paths on one line only, not '${folder}'`);
    }
    this.#folders.add(folder);
    this.#tell(`remove ${folder}`);
  }

  /** Ends all that is still registered, as the end of this process would. Resolves when done. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const keeper = this.#process;
    if (keeper.exitCode !== null || keeper.signalCode !== null) return;
    keeper.ref();
    await new Promise<void>((resolve) => {
      keeper.once('exit', () => resolve());
      keeper.stdin?.end();
    });
  }

  #start(): ChildProcess {
    const keeper = spawn('/bin/sh', ['-c', keeperProgram], {
      cwd: '/',
      // A session of its own: a signal to our whole group must not reach the one who cleans up.
      detached: true,
      env: { PATH: '/usr/bin:/bin' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    keeper.unref();
    // A broken pipe means that the keeper has ended, which `exit` handles.
    keeper.stdin?.on('error', () => undefined);
    keeper.on('exit', () => this.#replace());
    return keeper;
  }

  /** Somebody ended the keeper. A new one learns everything again, a bounded number of times. */
  #replace(): void {
    if (this.#isClosed || this.#restarts === restartsMax) return;
    this.#restarts += 1;
    this.#process = this.#start();
    for (const pid of this.#groups) this.#tell(`kill ${pid}`);
    for (const folder of this.#folders) this.#tell(`remove ${folder}`);
  }

  #tell(line: string): void {
    this.#process.stdin?.write(`${line}\n`);
  }
}
