// A forecast for people.
import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { DAY_SECONDS } from '../../../src/text/duration.js';
import type { Forecast } from '../../../src/views/forecast/forecast.js';
import { forecastChart } from '../../../src/views/forecast/forecast-chart.js';
import { colourTerminal, plainTerminal } from '../../support/terminals.js';

const START = 1_767_225_600;
const FORECAST: Forecast = {
  window: { now: START, until: START + DAY_SECONDS, bucketSeconds: DAY_SECONDS },
  buckets: [{ start: START, rotations: 2, expiries: 0, uids: ['a', 'b'] }],
  busiest: [],
  undecidable: [],
  failures: [],
  ifWeekly: { keysLate: 0, longestLateSeconds: 0, rotationsMissed: 0 },
  retiring: [],
};

describe('the chart of a forecast', () => {
  it('says in colour what it says without, its heading once', () => {
    const coloured = [...forecastChart(FORECAST, colourTerminal(80))].map((line) =>
      stripVTControlCharacters(line),
    );
    assert.deepEqual(coloured, [...forecastChart(FORECAST, plainTerminal(80))]);
  });
});
