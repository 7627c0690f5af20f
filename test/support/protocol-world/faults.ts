import { dispatcherGroup, workerGroup } from '../../../services/shared/chunk/topics.ts';
import { coordinatesKey } from '../../../services/shared/chunk/coordinates.ts';
import { priorities } from '../../../services/shared/chunk/words.ts';
import { chance } from './options.ts';
import type { PlannedFault } from './options.ts';
import { topics } from './settings.ts';
import type { RunningDispatcher, RunningWorker, World } from './world.ts';

/** A stand-by is the active one within this, and has some time to do it wrong. */
const takeOverMs = 10_000;

/** Does to the world what the plan says for this moment. */
export function strike(world: World, index: number): void {
  const fault = world.options.faults[index];
  if (fault === undefined) return;
  const worker = world.workers[fault.target % world.workers.length];
  const dispatcher = world.dispatchers[fault.target % world.dispatchers.length];
  const active =
    world.dispatchers.find(({ process }) => process === world.history.active) ?? dispatcher;
  world.history.note('FAULT', `${fault.kind} ${fault.target} for ${fault.durationMs} ms`);
  if (worker !== undefined) strikeWorker(world, fault, worker);
  if (dispatcher !== undefined) strikeDispatcher(world, fault, dispatcher);
  if (active !== undefined) strikeActive(world, fault, active);
  strikeAll(world, fault);
}

function strikeWorker(world: World, fault: PlannedFault, worker: RunningWorker): void {
  const { kind, durationMs } = fault;
  const { process, executor } = worker;
  if (kind === 'kill-worker') world.killWorker(worker);
  if (kind === 'kill-executors' && process.isAlive) executor?.killChildren();
  if (kind === 'join-worker') world.startWorker(worker.plan);
  if (kind === 'drain-worker') void drain(world, worker, durationMs);
  if (kind === 'pause-worker') process.pause(durationMs);
  if (kind === 'cut-off-worker') process.cutOff(durationMs);
  if (kind === 'lossy-worker') process.loseMessages(durationMs);
  if (kind === 'slow-worker') process.slowDown(durationMs);
  if (kind.endsWith('-worker')) world.history.blameless(process);
}

function strikeDispatcher(world: World, fault: PlannedFault, dispatcher: RunningDispatcher): void {
  const { kind, durationMs } = fault;
  if (kind === 'kill-dispatcher') world.killDispatcher(dispatcher, durationMs);
  if (kind === 'pause-dispatcher') dispatcher.process.pause(durationMs);
  if (kind === 'cut-off-dispatcher') dispatcher.process.cutOff(durationMs);
}

function strikeActive(world: World, fault: PlannedFault, active: RunningDispatcher): void {
  const { kind, durationMs } = fault;
  const { process } = active;
  const { faults } = process.connection;
  if (kind === 'kill-active') world.killDispatcher(active, durationMs);
  if (kind === 'pause-active') process.pause(durationMs);
  if (kind === 'pause-active-settling') process.pauseInSettling(durationMs);
  if (kind === 'cut-off-active') process.cutOff(durationMs);
  if (kind === 'lossy-active') process.loseMessages(durationMs);
  if (kind === 'slow-active') process.slowDown(durationMs);
  if (kind === 'take-over-without-outcomes') {
    world.outcomesStalledUntilMs = world.clock.monotonicMs() + durationMs + takeOverMs;
    world.clock.after(takeOverMs / 2, () => world.killDispatcher(active, durationMs));
  }
  if (kind === 'settle-fails-before') faults.failNextSettle('before');
  if (kind === 'settle-fails-open') faults.failNextSettle('open');
  if (kind === 'settle-fails-after') faults.failNextSettle('after');
}

function strikeAll(world: World, { kind, durationMs, target }: PlannedFault): void {
  const untilMs = world.clock.monotonicMs() + durationMs;
  if (kind === 'restart-dispatchers') {
    for (const dispatcher of world.dispatchers) world.killDispatcher(dispatcher, durationMs);
  }
  if (kind === 'rebalance-dispatchers') world.kafka.rebalance(dispatcherGroup(topics));
  if (kind === 'rebalance-workers') {
    world.kafka.rebalance(workerGroup(topics, 'gpu'));
    world.kafka.rebalance(workerGroup(topics, 'cpu'));
  }
  if (kind === 'fleet-stalls') world.fleetStalledUntilMs = untilMs;
  if (kind === 'intake-stalls') world.intakeStalledUntilMs = untilMs;
  if (kind === 'wall-clock-jumps') {
    for (const { process } of [...world.workers, ...world.dispatchers]) {
      if (chance(world.random, 0.5))
        process.skewWallClock(target % 2 === 0 ? durationMs : -durationMs);
    }
  }
  if (kind === 'retention') loseOldest(world, target);
}

/** Retention takes the oldest records of one intake partition, settled or not. */
function loseOldest(world: World, target: number): void {
  world.history.lookIntoIntake();
  const priority = priorities[target % priorities.length] ?? 'bulk';
  const partition = target % world.options.partitions;
  const records = world.kafka
    .records(topics.intake(priority))
    .filter((record) => record.partition === partition);
  const last = records.at(Math.floor(records.length / 2));
  if (last === undefined) return;
  world.history.note('retention', coordinatesKey({ priority, partition, offset: last.offset }));
  world.kafka.deleteBefore({ topic: topics.intake(priority), partition }, last.offset);
}

/** As after SIGTERM: finish or give back, then leave; the rest of the machine's patience decides. */
async function drain(world: World, running: RunningWorker, patienceMs: number): Promise<void> {
  const { process, worker } = running;
  if (!process.isAlive || running.isDraining) return;
  running.isDraining = true;
  const patience = new AbortController();
  worker.stopIntake();
  process.clock.after(patienceMs, () => patience.abort());
  await worker.drain(patience.signal);
  await worker.close();
  world.killWorker(running);
}
