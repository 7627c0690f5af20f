/** What a person who waits for the broker wants to know. */
export type BrokerReport =
  | { readonly kind: 'fetch-started'; readonly folder: string }
  | { readonly kind: 'fetch-waiting'; readonly pid: number }
  | {
      readonly kind: 'fetch-progress';
      readonly files: number;
      /** What an empty Maven repository takes; a filled one takes fewer. */
      readonly filesMax: number;
      readonly bytes: number;
    }
  | { readonly kind: 'fetch-finished'; readonly jars: number; readonly durationMs: number }
  | { readonly kind: 'ports-taken'; readonly attempt: number }
  | {
      readonly kind: 'started';
      readonly addresses: readonly string[];
      readonly durationMs: number;
      readonly logFiles: readonly string[];
    };

/** The report as one line without a line end. */
export function describeBrokerReport(report: BrokerReport): string {
  switch (report.kind) {
    case 'fetch-started':
      return `fetching Apache Kafka with Maven into ${report.folder}, once (about 65 MB)`;
    case 'fetch-waiting':
      return `process ${report.pid} is fetching Apache Kafka already, waiting for it`;
    case 'fetch-progress':
      return (
        `fetched ${report.files} of at most ${report.filesMax} files, ` + megabytes(report.bytes)
      );
    case 'fetch-finished':
      return `fetched Apache Kafka: ${report.jars} jars in ${seconds(report.durationMs)}`;
    case 'ports-taken':
      return `a port that was just free is taken, trying others (attempt ${report.attempt})`;
    case 'started':
      return `Kafka is up at ${report.addresses.join(',')} after ${seconds(report.durationMs)}`;
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}
