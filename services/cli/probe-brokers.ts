import { connect } from 'node:net';

const probeWithinMs = 3_000;

/**
 * Why none of the addresses takes a connection, once that is certain; `null` when one does, or does
 * not answer: then only Kafka's own protocol can tell more.
 *
 * @param brokers `host:port` each; an IPv6 host stands in brackets.
 */
export async function probeBrokers(brokers: readonly string[]): Promise<string | null> {
  const findings = await Promise.all(brokers.map(probe));
  return findings.includes(null) ? null : (findings[0] ?? null);
}

function probe(broker: string): Promise<string | null> {
  const separator = broker.lastIndexOf(':');
  const host = broker.slice(0, separator).replace(/^\[(.*)\]$/, '$1');
  const port = Number(broker.slice(separator + 1));
  if (port > 65_535) return Promise.resolve(`${port} is no port`);
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (finding: string | null): void => {
      socket.destroy();
      resolve(finding);
    };
    socket.setTimeout(probeWithinMs, () => end(null));
    socket.once('connect', () => end(null));
    socket.once('error', (error) => end(reasonOf(error, host)));
  });
}

/** Other errors may pass, so they say nothing for certain. */
function reasonOf(error: Error, host: string): string | null {
  // A name with several addresses fails with one error for each.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  const code = first instanceof Error && 'code' in first ? first.code : null;
  if (code === 'ECONNREFUSED') return 'the connection is refused, nothing listens there';
  if (code === 'ENOTFOUND') return `there is no host ${host}`;
  return null;
}
