import { describe, expect, it } from 'vitest';
import { CpuBudget } from '../../../collector/core/caps/cpu-budget.ts';
import { FlashBudget } from '../../../collector/core/caps/flash-budget.ts';

describe('CPU', () => {
  const machine = () => {
    const now = { cpu: 0, ms: 0 };
    return {
      now,
      budget: new CpuBudget(
        0.25,
        () => now.cpu,
        () => now.ms,
      ),
    };
  };

  it('over a minute a reader that waits as it is told takes its share, and what was saved up', () => {
    const { now, budget } = machine();
    while (now.ms < 60_000) {
      const wait = budget.waitMs();
      now.ms += wait;
      if (wait > 0) continue;
      // A batch takes all of a core for 20 ms.
      now.ms += 20;
      now.cpu += 0.02;
    }
    expect(now.cpu).toBeGreaterThan(15);
    expect(now.cpu).toBeLessThan(15 + 2 + 0.1);
  });

  it('a burst passes, and no single wait is longer than a second', () => {
    const { now, budget } = machine();
    now.cpu = 1.9;
    expect(budget.waitMs()).toBe(0);
    now.cpu = 12;
    expect(budget.waitMs()).toBe(1_000);
  });

  it('the share since the last look is told, and how it compares', () => {
    const { now, budget } = machine();
    const later = (cpu: number) => {
      now.cpu += cpu;
      now.ms += 10_000;
      return budget.look();
    };
    expect(later(5)).toEqual({ share: 0.5, found: 'over' });
    expect(later(2.5)).toEqual({ share: 0.25, found: 'within' });
    expect(later(1)).toEqual({ share: 0.1, found: 'well below' });
  });
});

describe('flash', () => {
  it('a day has its budget, a quarter of it at most at once, and all is counted', () => {
    let ms = 0;
    const budget = new FlashBudget(1_000, () => ms);
    expect(budget.allows(250)).toBe(true);
    expect(budget.allows(251)).toBe(false);
    budget.wrote(250);
    let days = 0;
    for (let hour = 0; hour < 48; hour++) {
      ms += 3_600_000;
      if (!budget.allows(40)) continue;
      budget.wrote(40);
      days += 40;
    }
    expect(days).toBeGreaterThan(1_900);
    expect(days).toBeLessThanOrEqual(2_000);
    expect(budget.written).toBe(250 + days);
  });

  it('without a budget all is allowed and counted', () => {
    const budget = new FlashBudget(null, () => 0);
    budget.wrote(7);
    expect([budget.allows(1e12), budget.written]).toEqual([true, 7]);
  });
});
