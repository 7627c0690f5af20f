import { parse } from 'yaml';
import { z } from 'zod';

const texts = z.array(z.string());
const volume = z
  .string()
  .regex(/^\S+:\S+$/)
  .transform((written) => {
    // A variable of the shell stands for its default here.
    const [, source = '', target = ''] =
      /^(.+?):(\/[^:]+)(?::ro)?$/.exec(written.replace(/\$\{\w+:-([^}]+)\}/, '$1')) ?? [];
    return { source, target };
  });

const serviceShape = z.looseObject({
  image: z.string(),
  build: z.object({ context: z.string(), dockerfile: z.string(), target: z.string() }).optional(),
  command: texts.default([]),
  environment: z.record(z.string(), z.string()).default({}),
  ports: texts.default([]),
  volumes: z.array(volume).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  user: z.string().default(''),
  read_only: z.boolean().default(false),
  tmpfs: texts.default([]),
  cap_drop: texts.default([]),
  stop_grace_period: z.string().default('10s'),
});

const composeShape = z.looseObject({ services: z.record(z.string(), serviceShape) });

export type ComposeService = z.infer<typeof serviceShape>;

/** @throws Error for a value of another form than the checks of this project understand. */
export function readCompose(text: string): ReadonlyMap<string, ComposeService> {
  const { services } = composeShape.parse(parse(text, { merge: true }));
  return new Map(Object.entries(services));
}
