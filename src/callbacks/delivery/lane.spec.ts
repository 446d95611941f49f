import { Lane } from './lane.js';

const take = (lane: Lane): number => {
  let taken = 0;
  while (lane.free > 0) {
    lane.enter();
    taken += 1;
  }
  return taken;
};

describe('a lane', () => {
  it('begins narrow and widens with each success, up to its limit', () => {
    const lane = new Lane(4);
    expect(take(lane)).toBe(2);
    lane.leave(true);
    expect(take(lane)).toBe(2);
    lane.leave(true);
    lane.leave(true);
    lane.leave(true);
    expect(lane.free).toBe(4);
  });

  it('lets one in at a time after a failure, until one succeeds', () => {
    const lane = new Lane(8);
    take(lane);
    lane.leave(false);
    expect(lane.free).toBe(0);
    lane.leave(false);
    expect(take(lane)).toBe(1);
    lane.leave(false);
    expect(lane.free).toBe(1);
    lane.enter();
    lane.leave(true);
    expect(lane.free).toBe(2);
    expect(lane.isEmpty).toBe(true);
  });

  it('never has more inside than its limit allows', () => {
    expect(new Lane(1).free).toBe(1);
  });
});
