import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Explanation } from '../../services/cli/explain/explanation.ts';
import type { SystemView } from '../../services/cli/system-view/system-view.ts';
import type { Program } from '../../services/local/processes/program.ts';
import { describeWithKafka, kafkaAddresses, uniqueTopicPrefix } from '../support/broker.ts';
import { runCli } from '../support/cli-run.ts';
import type { CliEnd } from '../support/cli-run.ts';
import { demoClip } from '../support/demo-clip.ts';
import { dispatching, Installation, running } from '../support/installation/installation.ts';
import { resultOf } from '../support/installation/outcomes.ts';

/** The commands that watch and mend, on a dispatcher, a worker and a scaler that run. */
describeWithKafka('spillway top, explain and deadletters', () => {
  const prefix = uniqueTopicPrefix();
  let installation: Installation;
  let clip: Buffer;
  let programs: readonly Program[] = [];

  const run = (...words: readonly string[]): Promise<CliEnd> =>
    runCli(words, {
      KAFKA_BROKERS: kafkaAddresses().join(','),
      SPILLWAY_TOPIC_PREFIX: prefix,
    });

  /** The JSON that a command prints, one object a line. */
  async function json<Value>(...words: readonly string[]): Promise<readonly Value[]> {
    const end = await run(...words, '--json');
    expect(end).toMatchObject({ exitCode: 0 });
    return end.output.map((line) => JSON.parse(line) as Value);
  }

  beforeAll(async () => {
    installation = await Installation.open({ brokers: kafkaAddresses(), prefix });
    clip = (await demoClip(5, 2)).bytes;
  });
  afterAll(async () => {
    await installation.stop();
  });

  test('before anyone runs, they say who has never spoken', async () => {
    const top = await run('top', '--once');
    expect(top).toMatchObject({ exitCode: 0, notes: [] });
    expect(top.output[0]).toContain('dispatcher has never spoken  scaler has never spoken');
    const explain = await run('explain');
    expect(explain).toMatchObject({ exitCode: 0, notes: [] });
    expect(explain.output.join('\n')).toMatch(/no scaler has ever spoken[\s\S]*no dispatcher has/);
    const letters = await run('deadletters', 'list');
    expect(letters).toMatchObject({ exitCode: 0, output: [] });
  });

  test('a retried dead letter is computed as a chunk of its own, once', async () => {
    const dispatcher = installation.startDispatcher();
    const worker = installation.startWorker();
    const scaler = installation.startScaler('scaler', { SPILLWAY_TICK_SECONDS: '1' });
    programs = [dispatcher, worker, scaler];
    await Promise.all([dispatching(dispatcher), running(worker), running(scaler)]);
    const [bad = '', good = ''] = await installation.submit([
      {
        value: clip,
        headers: { ce_id: 'a', ce_source: 'gate', ce_durationms: '2000', ce_deadline: 'soon' },
      },
      { value: clip, headers: { ce_id: 'b', ce_source: 'gate', ce_durationms: '2000' } },
    ]);
    await installation.outcomes.of([bad, good]);

    const listed = await json('deadletters', 'list', '--reason', 'bad-header');
    expect(listed).toEqual([
      expect.objectContaining({ id: 'a', coordinates: bad, bytes: clip.length }),
    ]);
    const wouldBe = await run('deadletters', 'retry', '--all', '--dry-run');
    expect(wouldBe.output).toEqual([
      expect.stringContaining(`would be retried as retry-1-of-${bad}`),
    ]);

    const retried = await run('deadletters', 'retry', '--id', 'a');
    expect(retried).toMatchObject({ exitCode: 0 });
    expect(retried.output).toEqual([expect.stringContaining(`retried as retry-1-of-${bad}`)]);
    await installation.settled();
    const all = await installation.outcomes.toEnd();
    const [outcome] = all.filter(({ id }) => id === `retry-1-of-${bad}`);
    expect(outcome?.kind).toBe('result');
    if (outcome !== undefined) expect(resultOf(outcome).deadlineMet).toBe(true);

    const twice = await run('deadletters', 'retry', '--id', bad);
    expect(twice).toMatchObject({ exitCode: 1, output: [] });
    expect(twice.notes.join('\n')).toMatch(/was retried before, which ended as result; --again/);
    const again = await run('deadletters', 'retry', '--id', bad, '--again', '--dry-run');
    expect(again.output).toEqual([expect.stringContaining(`retry-2-of-${bad}`)]);
    const unknown = await run('deadletters', 'retry', '--id', 'nobody');
    expect(unknown).toMatchObject({ exitCode: 1, output: [] });
  }, 90_000);

  test('top shows the running system, and explain why nothing is spilled', async () => {
    const [view] = await json<SystemView>('top', '--once');
    expect(view).toMatchObject({
      dispatcher: { state: 'speaking' },
      scaler: { state: 'speaking', leader: { term: 1 } },
      workers: [{ kind: 'cpu', emulated: false, workers: { ready: 1 }, inHandChunks: 0 }],
    });
    const live = view?.priorities.find(({ priority }) => priority === 'live');
    expect(live).toMatchObject({
      lagChunks: 0,
      waitingChunks: 0,
      onTimeFraction: 1,
      deadLetters: 1,
    });
    const [explanation] = await json<Explanation>('explain');
    expect(explanation?.decisions.length).toBeGreaterThan(0);
    expect(explanation?.scaler).toMatch(/^a scaler leads and spoke/);
    expect(explanation?.present.spill).toBe('nothing is spilled because nothing waits');
    const table = await run('top', '--once');
    expect(table.output.join('\n')).toMatch(/^live +0 +- +0 +0 +0 +100\.0 %/m);
  });

  test('when all have gone, they say since when nobody has spoken', async () => {
    for (const program of programs) program.kill('SIGKILL');
    await Promise.all(programs.map(({ exited }) => exited));
    let view: SystemView | undefined;
    do [view] = await json<SystemView>('top', '--once');
    while (view?.dispatcher.state === 'speaking');
    expect(view).toMatchObject({ dispatcher: { state: 'silent' }, workers: [] });
    const [explanation] = await json<Explanation>('explain');
    expect(explanation?.present.spill).toMatch(
      /^what is spilled is not known: no dispatcher has spoken for \d+\.?\d* s, since 20/,
    );
  });
});
