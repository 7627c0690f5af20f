/** A stage of the Dockerfile again under another name, with one thing changed. */
export interface Alteration {
  readonly stage: string;
  readonly name: string;
  readonly replace: string;
  readonly by: string;
}

/**
 * The Dockerfile with altered copies of its stages below it, so that all are staged in one go.
 *
 * @throws Error when there is nothing to replace: an alteration that alters nothing proves nothing.
 */
export function withAlteredStages(text: string, alterations: readonly Alteration[]): string {
  const added = alterations.map(({ stage, name, replace, by }) => {
    const own = new RegExp(`^FROM .* AS ${stage}\n(?:(?!FROM ).*\n?)*`, 'm').exec(text)?.[0] ?? '';
    if (!own.includes(replace)) throw new Error(`stage ${stage} has no "${replace}"`);
    return own.replace(` AS ${stage}\n`, ` AS ${name}\n`).replace(replace, by);
  });
  return [text, ...added].join('\n');
}
