/* What is wrong with a definition: where in its file, and what. */
export function troubleOf({ load_error: text, load_error_line: line, load_error_column: column, path }) {
    const where = line > 0 ? 'line ' + line + ', column ' + column + ': ' : '';
    return where + text + '\n' + path;
}
