import { describe, expect, it } from 'vitest';
import type { Heartbeat } from '../../../../services/shared/chunk/fleet.ts';
import { createFleetWatch } from '../../../../services/shared/kafka/fleet-watch.ts';
import { assignmentOf, fleetBatch, heartbeatOf } from '../../../support/dispatcher-term.ts';

const slotsOf = ({ slots }: Heartbeat): number => slots;

describe('watching the fleet', () => {
  it('declares a worker gone, once, when it was silent for three watched seconds', () => {
    const view = createFleetWatch(slotsOf);
    view.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
    for (const nowMs of [1000, 2000, 3000]) view.apply(fleetBatch([]), nowMs);
    expect(view.declareGone()).toEqual([]);
    view.apply(fleetBatch([]), 3001);
    expect(view.declareGone()).toEqual([{ kind: 'gone', worker: 'worker-a' }]);
    expect(view.declareGone()).toEqual([]);
    expect(view.members().get('worker-a')?.isGone).toBe(true);
  });

  it('does not count the time in which it was paused itself', () => {
    const view = createFleetWatch(slotsOf);
    view.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
    view.apply(fleetBatch([]), 60_000);
    expect(view.watchedMs()).toBe(1500);
    expect(view.declareGone()).toEqual([]);
  });

  it('does not count the time in which it had not read to the end', () => {
    const view = createFleetWatch(slotsOf);
    view.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
    for (const nowMs of [1000, 2000, 3000, 4000]) {
      view.apply(fleetBatch([], { caughtUp: false, askedAtMs: nowMs }), nowMs);
    }
    expect(view.watchedMs()).toBe(0);
    expect(view.caughtUpAtMs()).toBe(0);
  });

  it('takes a gone worker back when it is heard again, and tells its next silence', () => {
    const view = createFleetWatch(slotsOf);
    view.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
    for (const nowMs of [1400, 2800, 4200]) view.apply(fleetBatch([]), nowMs);
    expect(view.declareGone()).toHaveLength(1);
    const heard = view.apply(fleetBatch([heartbeatOf('worker-a', 2)]), 5000);
    expect(heard).toMatchObject([{ kind: 'heard' }]);
    expect(view.members().get('worker-a')?.isGone).toBe(false);
    for (const nowMs of [6400, 7800, 9200]) view.apply(fleetBatch([]), nowMs);
    expect(view.declareGone()).toHaveLength(1);
  });

  it('ignores a heartbeat that is older than the last one heard', () => {
    const view = createFleetWatch(slotsOf);
    const newest = heartbeatOf('worker-a', 5, [assignmentOf('live/0/1')]);
    const events = view.apply(fleetBatch([newest, heartbeatOf('worker-a', 4)]), 0);
    expect(events).toHaveLength(1);
    expect(view.members().get('worker-a')?.heartbeat.inHand).toHaveLength(1);
  });

  it('lets a worker leave by its tombstone, and ignores that of a stranger', () => {
    const view = createFleetWatch(slotsOf);
    view.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
    const events = view.apply(fleetBatch(['worker-a', 'clock-probe']), 100);
    expect(events).toEqual([{ kind: 'left', worker: 'worker-a' }]);
    expect(view.members().size).toBe(0);
  });

  it('ignores what no worker of ours wrote', () => {
    const view = createFleetWatch(slotsOf);
    const [record] = fleetBatch([heartbeatOf('worker-a', 1)]).records;
    const foreign = { ...fleetBatch([]), records: record === undefined ? [] : [record] };
    const renamed = foreign.records.map((each) => ({ ...each, key: Buffer.from('worker-b') }));
    const broken = foreign.records.map((each) => ({ ...each, value: Buffer.from('{"worker":') }));
    expect(view.apply({ ...foreign, records: [...renamed, ...broken] }, 0)).toEqual([]);
    expect(view.members().size).toBe(0);
  });

  it('forgets the gone after a minute, so that the dead of months take no memory', () => {
    const view = createFleetWatch(slotsOf);
    view.apply(fleetBatch([heartbeatOf('worker-a', 1)]), 0);
    for (let nowMs = 1000; nowMs <= 62_000; nowMs += 1000) view.apply(fleetBatch([]), nowMs);
    view.declareGone();
    expect(view.members().size).toBe(0);
  });
});
