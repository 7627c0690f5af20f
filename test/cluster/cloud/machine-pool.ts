import type { ClusterClient } from '../../support/kubernetes/cluster-client.ts';
import { CloudMachine } from './machine.ts';
import { deploymentLabel, machineDeploymentsPath, paceOf } from './machine-deployment.ts';
import type { MachineDeployment } from './machine-deployment.ts';

/** The machines of one MachineDeployment, as many as its size says and as the cloud has. */
export class MachinePool {
  readonly #client: ClusterClient;
  readonly #machines = new Set<CloudMachine>();
  #deployment: MachineDeployment;
  #told = '';
  #isHalted = false;
  #following: Promise<void> = Promise.resolve();

  constructor(client: ClusterClient, deployment: MachineDeployment) {
    this.#client = client;
    this.#deployment = deployment;
  }

  /** The object has changed, or something happened to a machine: looks at all again. */
  follow(deployment: MachineDeployment): void {
    this.#deployment = deployment;
    this.#following = this.#following.then(() => this.#reconcile()).catch(() => undefined);
  }

  async remove(): Promise<void> {
    await this.#following;
    await Promise.all([...this.#machines].map((machine) => machine.leave().catch(() => undefined)));
  }

  /** Orders no more and leaves what is there as it is. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    await this.#following;
    await Promise.all([...this.#machines].map((machine) => machine.halt()));
  }

  async #reconcile(): Promise<void> {
    if (this.#isHalted) return;
    const wanted = this.#deployment.spec.replicas ?? 1;
    const staying = [...this.#machines].filter(({ isLeaving }) => !isLeaving);
    for (let count = staying.length; count < wanted; count += 1) this.#order();
    if (staying.length > wanted) {
      const going = await inOrderOfLeaving(staying);
      for (const machine of going.slice(0, staying.length - wanted)) this.#leave(machine);
    }
    await this.#tell();
  }

  #order(): void {
    this.#machines.add(
      new CloudMachine({
        client: this.#client,
        deployment: () => this.#deployment,
        takeFromStock: () => this.#launched() < paceOf(this.#deployment).stock,
        onChange: () => this.follow(this.#deployment),
      }),
    );
  }

  #leave(machine: CloudMachine): void {
    void machine
      .leave()
      .catch(() => undefined)
      .then(() => {
        this.#machines.delete(machine);
        this.follow(this.#deployment);
      });
  }

  #launched(): number {
    return [...this.#machines].filter(({ isLaunched }) => isLaunched).length;
  }

  async #tell(): Promise<void> {
    const { metadata } = this.#deployment;
    const machines = [...this.#machines];
    const status = {
      replicas: machines.length,
      readyReplicas: machines.filter(({ isReady }) => isReady).length,
      selector: `${deploymentLabel}=${metadata.name}`,
    };
    const told = JSON.stringify(status);
    if (told === this.#told) return;
    this.#told = told;
    const path = `${machineDeploymentsPath(metadata.namespace)}/${metadata.name}/status`;
    await this.#client.merge(path, { status });
  }
}

/** Those marked first, then those that have got furthest last. */
async function inOrderOfLeaving(
  machines: readonly CloudMachine[],
): Promise<readonly CloudMachine[]> {
  const ranked = await Promise.all(
    machines.map(async (machine) => ({
      machine,
      rank: (await machine.isMarked())
        ? 0
        : 1 + Number(machine.isLaunched) + Number(machine.isReady),
    })),
  );
  return ranked.toSorted((left, right) => left.rank - right.rank).map(({ machine }) => machine);
}
