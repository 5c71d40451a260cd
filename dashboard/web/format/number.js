/* Numbers for people. Groups of three by a narrow space that does not break. */
const GROUP = '\u202f';

export function count(value) {
    if (value === null || value === undefined || value === '') return '—';
    return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, GROUP);
}

/* "1 repository", "4 177 files". */
export function countOf(value, one, many = one + 's') {
    return count(value) + ' ' + (Number(value) === 1 ? one : many);
}

/* Of a whole, rounded down: 100 % is said only when all is done. */
export function share(part, whole) {
    if (!whole) return 0;
    return Math.floor((10000 * part) / whole) / 100;
}

export function percent(value, digits = 0) {
    if (value === null || value === undefined) return '—';
    return Number(value).toFixed(digits) + '\u00a0%';
}

export function rate(perSecond) {
    if (!perSecond || perSecond < 0) return '';
    return (perSecond < 10 ? Number(perSecond).toFixed(1) : count(Math.round(perSecond))) + '/s';
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(value) {
    if (value === null || value === undefined) return '—';
    let left = Number(value);
    let unit = 0;
    for (; left >= 1024 && unit < UNITS.length - 1; unit++) left /= 1024;
    return (unit === 0 ? count(left) : left.toFixed(1)) + '\u00a0' + UNITS[unit];
}
