// A client app: keeps the files that Reprise sends, below DIRECTORY/<repository>/ (docs/receiver.md). Standard library only.
// usage: RECEIVER_KEY=… node receiver.mjs PORT DIRECTORY
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [port, directory] = process.argv.slice(2), root = path.resolve(directory), key = process.env.RECEIVER_KEY;
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest('hex');

function place({ repository, file }) {
    const home = path.join(root, path.basename(repository.repository_id)), at = path.join(home, file.path);
    if (!at.startsWith(home + path.sep)) throw new Error(`the path leads out of its repository: ${at}`);
    return at;
}

function keep(event) { // create and update; what is there already is replaced, and a file appears when it is complete
    const { file } = event, at = place(event), part = path.join(root, `${sha256(at)}.part`);
    const { index, total } = file.chunk ?? { index: 0, total: 1 }; // pieces come in order; a new attempt begins with the first
    fs.writeFileSync(part, Buffer.from(file.content, file.content_encoding ?? 'utf8'), { flag: index > 0 ? 'a' : 'w' });
    if (index + 1 < total) return;
    if (sha256(fs.readFileSync(part)) !== file.sha) throw new Error('a piece is missing');
    fs.mkdirSync(path.dirname(at), { recursive: true });
    fs.renameSync(part, at);
}

function remove(event) { // succeeds also where the file is not there
    fs.rmSync(place(event), { force: true });
    for (let at = path.dirname(place(event)); at !== root && fs.existsSync(at) && !fs.readdirSync(at).length; at = path.dirname(at)) {
        fs.rmdirSync(at);
    }
}

const verbs = { '/create': keep, '/update': keep, '/delete': remove, '/sync_failed': (event) => console.log(event.error) };

function answer(request, body) {
    const stamp = request.headers['x-docora-timestamp'] ?? '', sent = Buffer.from(request.headers['x-docora-signature'] ?? '');
    const signature = `sha256=${crypto.createHmac('sha256', key).update(`${stamp}.`).update(body).digest('hex')}`;
    const isOurs = sent.length === signature.length && crypto.timingSafeEqual(sent, Buffer.from(signature));
    if (!isOurs || Math.abs(Date.now() / 1000 - Number(stamp)) > 300) return [401, 'unknown sender'];
    try {
        verbs[request.url](JSON.parse(body));
        return [200, ''];
    } catch (trouble) { // Reprise shows the answer in the link's last error, and tries again
        return [500, trouble.message];
    }
}

fs.mkdirSync(root, { recursive: true });
http.createServer((request, response) => {
    const pieces = [];
    request.on('data', (piece) => pieces.push(piece)).on('end', () => {
        const [status, text] = answer(request, Buffer.concat(pieces));
        response.writeHead(status).end(text);
    });
}).listen(Number(port), '127.0.0.1', function ready() {
    console.log(`listening on port ${this.address().port}`);
});
