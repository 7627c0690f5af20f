/** One broker's place in its cluster; brokers are numbered from 1. */
export interface BrokerPlace {
  readonly id: number;
  readonly port: number;
  readonly controllerPort: number;
  /** Where clients are told to come: `port`, unless a proxy stands in between. */
  readonly advertisedPort: number;
}

/**
 * Above any record that a topic may allow: the topics' own limits decide, these only have to be out
 * of their way.
 */
const recordBytesMax = 67_108_864;

/** Room for the log cleaner's map of keys; the default of 128 MiB is a quarter of our heap. */
const cleanerMapBytes = 8_388_608;

/** The `server.properties` of one combined broker and controller of a KRaft cluster. */
export function serverProperties(
  broker: BrokerPlace,
  cluster: readonly BrokerPlace[],
  dataFolder: string,
): string {
  // One copy on one broker; on three, a write counts once two have it, so that any one may die.
  const copies = Math.min(cluster.length, 3);
  const copiesInSyncMin = Math.min(copies, 2);
  const voters = cluster.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`);
  const settings: readonly (readonly [string, string | number])[] = [
    ['process.roles', 'broker,controller'],
    ['node.id', broker.id],
    ['controller.quorum.voters', voters.join(',')],
    ['controller.listener.names', 'CONTROLLER'],
    // The loopback only: the broker has neither passwords nor encryption.
    [
      'listeners',
      `PLAINTEXT://127.0.0.1:${broker.port},CONTROLLER://127.0.0.1:${broker.controllerPort}`,
    ],
    ['advertised.listeners', `PLAINTEXT://127.0.0.1:${broker.advertisedPort}`],
    ['listener.security.protocol.map', 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT'],
    ['log.dirs', dataFolder],
    ['auto.create.topics.enable', 'false'],
    // A topic that names no number of copies gets as many as the cluster can keep.
    ['default.replication.factor', copies],
    ['min.insync.replicas', copiesInSyncMin],
    // The first group and the first transaction wait for all partitions of these topics.
    ['offsets.topic.num.partitions', 4],
    ['offsets.topic.replication.factor', copies],
    ['transaction.state.log.num.partitions', 4],
    ['transaction.state.log.replication.factor', copies],
    ['transaction.state.log.min.isr', copiesInSyncMin],
    ['share.coordinator.state.topic.num.partitions', 4],
    ['share.coordinator.state.topic.replication.factor', copies],
    ['share.coordinator.state.topic.min.isr', copiesInSyncMin],
    // Tests of take-over shorten sessions, and nobody else's members are worth waiting for.
    ['group.initial.rebalance.delay.ms', 0],
    ['group.min.session.timeout.ms', 1000],
    // A killed broker may register again only when its old session has ended (default 9 s).
    ['broker.session.timeout.ms', 3000],
    ['broker.heartbeat.interval.ms', 500],
    ['transaction.max.timeout.ms', 60_000],
    ['message.max.bytes', recordBytesMax],
    ['replica.fetch.max.bytes', recordBytesMax],
    ['log.cleaner.dedupe.buffer.size', cleanerMapBytes],
    ['num.network.threads', 2],
    ['num.io.threads', 4],
    ['background.threads', 2],
  ];
  return settings.map(([name, value]) => `${name}=${value}\n`).join('');
}
