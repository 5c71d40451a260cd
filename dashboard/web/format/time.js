/* Times and durations for people. */
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const pad = (number) => String(number).padStart(2, '0');

/* "1 min 10 s", "412 ms", "3 days": two units at most. */
export function duration(ms) {
    if (ms === null || ms === undefined || ms === '') return '—';
    const length = Math.max(0, Number(ms));
    if (length < SECOND) return Math.round(length) + ' ms';
    if (length < 10 * SECOND) return (Math.floor(length / 100) / 10).toFixed(1) + ' s';
    if (length < MINUTE) return Math.floor(length / SECOND) + ' s';
    if (length < HOUR) return twoUnits(length, MINUTE, 'min', SECOND, 's');
    if (length < DAY) return twoUnits(length, HOUR, 'h', MINUTE, 'min');
    return days(Math.floor(length / DAY));
}

export const seconds = (value) => duration(value === null || value === undefined ? null : value * 1000);

function twoUnits(length, large, largeName, small, smallName) {
    const rest = Math.floor((length % large) / small);
    return Math.floor(length / large) + ' ' + largeName + (rest ? ' ' + rest + ' ' + smallName : '');
}

function days(number) {
    return number === 1 ? '1 day' : number + ' days';
}

/* "4 min ago", "in 22 min", "now"; one unit, for the exact time is a hover away. */
export function relative(ms, now) {
    const age = now - ms;
    if (Math.abs(age) < 5 * SECOND) return 'now';
    const length = oneUnit(Math.abs(age));
    return age > 0 ? length + ' ago' : 'in ' + length;
}

function oneUnit(length) {
    if (length < MINUTE) return Math.floor(length / SECOND) + ' s';
    if (length < HOUR) return Math.floor(length / MINUTE) + ' min';
    if (length < DAY) return Math.floor(length / HOUR) + ' h';
    if (length < 60 * DAY) return days(Math.floor(length / DAY));
    return Math.floor(length / (30 * DAY)) + ' months';
}

/* "2026-11-21 14:02:11 UTC", the clock of the stores and of the logs; or the same by the clock of this computer. */
export function exact(ms, zone = 'UTC') {
    const at = new Date(ms);
    const shown = zone === 'UTC' ? at : new Date(ms - at.getTimezoneOffset() * MINUTE);
    const text = shown.toISOString().slice(0, 19).replace('T', ' ');
    return text + (zone === 'UTC' ? ' UTC' : ' ' + offset(at));
}

/* "UTC+1", "UTC−3:30": of the clock of this computer at that time. */
function offset(at) {
    const minutes = -at.getTimezoneOffset();
    const size = Math.abs(minutes);
    const part = size % 60 ? ':' + pad(size % 60) : '';
    return 'UTC' + (minutes === 0 ? '' : (minutes < 0 ? '\u2212' : '+') + Math.floor(size / 60) + part);
}
