import { memoryHarness } from './memory-harness.ts';
import { kubernetesContract } from './suite.ts';

kubernetesContract('the twin in memory', () => Promise.resolve(memoryHarness(20)));
