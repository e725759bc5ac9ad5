/** How many workers there are when nobody says. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { cgroupCpus, grantedCpus } from "../../src/runtimes/cpus.ts";
import { parseCpu, workerCount } from "../../src/workers/count.ts";

describe("workers", () => {
  it("are as many as processors, parts rounded up, between 1 and the limit", () => {
    const cases = [[0.2, 8, 1], [1.8, 8, 2], [2, 8, 2], [2.5, 8, 3], [16, 8, 8], [16, 0, 4], [1, 0, 1], [
      0,
      8,
      1,
    ], [3, 2, 2]] as const;
    for (const [cpus, limit, expected] of cases) {
      assert.equal(workerCount(cpus, limit), expected, `${cpus} of ${limit}`);
    }
    assert.equal(workerCount(64), 8);
  });

  it("are counted from quantities of processors and from nothing else", () => {
    assert.deepEqual(["1", "0.5", ".5", "250m", 2].map(parseCpu), [1, 0.5, 0.5, 0.25, 2]);
    assert.deepEqual(["", "m", "-1", "1Gi", "1e3", "1 m"].map(parseCpu), Array(6).fill(undefined));
  });
});

describe("processors of the control group", () => {
  const from = (files: Readonly<Record<string, string>>) => cgroupCpus((path) => files[path]);

  it("of version 2 are the smallest quota up to the root", () => {
    assert.equal(
      from({
        "/proc/self/cgroup": "0::/pods/one\n",
        "/sys/fs/cgroup/pods/one/cpu.max": "max 100000\n",
        "/sys/fs/cgroup/pods/cpu.max": "150000 100000\n",
        "/sys/fs/cgroup/cpu.max": "800000 100000\n",
      }),
      1.5,
    );
  });

  it("of version 1 are quota through period", () => {
    const cgroup = { "/proc/self/cgroup": "3:memory:/x\n2:cpu,cpuacct:/x\n0::/\n" };
    const files = (quota: string) => ({
      ...cgroup,
      "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_quota_us": `${quota}\n`,
      "/sys/fs/cgroup/cpu,cpuacct/x/cpu.cfs_period_us": "100000\n",
    });
    assert.equal(from(files("250000")), 2.5);
    assert.equal(from(files("-1")), Infinity);
  });

  it("are without end where there is no quota, and never more than the machine has", () => {
    assert.equal(from({}), Infinity);
    assert.ok(grantedCpus() > 0 && grantedCpus() < 10_000);
  });
});
