import type { RecordedLog } from '../../services/shared/process/recorded-log.ts';
import { recordedLog } from '../../services/shared/process/recorded-log.ts';
import type { Crash, Host, StopSignal } from '../../services/shared/process/ports.ts';

export interface FakeHost extends Host {
  readonly log: RecordedLog;
  /** Exit codes in the order given; a real process would have ended at the first. */
  readonly exits: readonly number[];
  /** Everything written for a person before there is a log. */
  readonly errorText: () => string;
  signal(signal: StopSignal): void;
  crash(crash: Crash): void;
}

/** An operating system whose signals and crashes a test sends, and whose exit only notes the code. */
export function fakeHost(): FakeHost {
  const log = recordedLog();
  const exits: number[] = [];
  const written: string[] = [];
  const onSignal: ((signal: StopSignal) => void)[] = [];
  const onCrash: ((crash: Crash) => void)[] = [];
  return {
    log,
    exits,
    errorText: () => written.join(''),
    onSignal: (listener) => onSignal.push(listener),
    onCrash: (listener) => onCrash.push(listener),
    openLog: () => log,
    writeError: (text) => written.push(text),
    exit: (code) => exits.push(code),
    signal: (signal) => onSignal.forEach((listener) => listener(signal)),
    crash: (crash) => onCrash.forEach((listener) => listener(crash)),
  };
}
