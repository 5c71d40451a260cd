/* A proxy between the browser and the dashboard: it takes a path off, and collects the stream of events if it is told to. */
import { createServer, request } from 'node:http';

export class Proxy {
    /* `below`: the path ("/reprise") that it adds for browsers; what is not below it is not there. */
    static async open(target, below = '') {
        const proxy = new Proxy();
        proxy.collects = false;
        proxy.streams = 0; // that browsers asked for
        proxy.server = createServer((asked, answer) => proxy.pass(new URL(target), below, asked, answer));
        await new Promise((resolve) => proxy.server.listen(0, '127.0.0.1', resolve));
        proxy.origin = 'http://127.0.0.1:' + proxy.server.address().port;
        proxy.url = proxy.origin + below;
        return proxy;
    }

    pass(target, below, asked, answer) {
        if (!asked.url.startsWith(below + '/')) return answer.writeHead(404).end();
        const path = asked.url.slice(below.length);
        const collect = this.collects && path.startsWith('/admin/api/events');
        this.streams += path.startsWith('/admin/api/events');
        const { hostname, port } = target;
        const onward = request({ hostname, port, path, method: asked.method, headers: asked.headers, agent: false });
        onward.on('response', (came) => {
            if (collect) return came.resume();
            answer.writeHead(came.statusCode, came.headers);
            answer.flushHeaders();
            came.pipe(answer);
        });
        onward.on('error', () => answer.destroy());
        answer.on('close', () => onward.destroy());
        return asked.pipe(onward);
    }

    close() {
        this.server.closeAllConnections();
        this.server.close();
    }
}
