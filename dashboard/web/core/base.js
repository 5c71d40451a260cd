/* Where the server is to be found: beside this page, which a proxy may have put below a path of its own. */
const BASE = new URL('../', import.meta.url);

/* The address of a path of the server: "/admin/api/apps". */
export const addressOf = (path) => new URL('.' + path, BASE);
