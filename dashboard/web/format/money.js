/* US dollars. Money is exact to nine digits on the server; here it is shown to the cent, small sums to where they begin. */
export function dollars(value) {
    if (value === null || value === undefined || value === '') return '—';
    const number = Number(value);
    if (number === 0 || Math.abs(number) >= 0.1) return '$' + grouped(number.toFixed(2));
    return '$' + number.toFixed(4);
}

/* "1,426.50": dollars as they are written. */
const grouped = (text) => text.replace(/\B(?=(\d{3})+\.)/g, ',');

export function exactDollars(value) {
    if (value === null || value === undefined || value === '') return '';
    return (
        '$' +
        Number(value)
            .toFixed(9)
            .replace(/(\.\d\d\d*?)0+$/, '$1')
    );
}
