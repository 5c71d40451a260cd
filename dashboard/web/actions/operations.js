/* What can be done with an operation. */
import { post } from '../core/api.js';
import { ask } from '../core/dialogs.js';
import { toast } from '../core/toasts.js';
import { nameOfOperation } from '../format/operation.js';
import { count, countOf } from '../format/number.js';
import { idOf, start } from './start.js';

const operationPath = (operation, verb) => '/admin/api/operations/' + idOf(operation.operation_id) + '/' + verb;

export async function pauseOperation(operation) {
    await post(operationPath(operation, 'pause'));
    toast('Paused. What is being worked on ends; nothing new begins.');
}

export async function resumeOperation(operation) {
    await post(operationPath(operation, 'resume'));
    toast('Goes on.');
}

/* `then()` is called when it is done: what shows the operation asks for its counts. */
export function askCancel(operation, then) {
    ask({
        title: 'Cancel this operation?',
        text:
            nameOfOperation(operation) +
            '. What is done stays done. Once this has answered, nothing more of it is recorded.',
        danger: 'What has not been done will not be done, and a cancelled operation cannot be resumed.',
        preview: async () => ({
            figures: [
                ['Done so far', countOf(operation.completed, 'job')],
                ['Not begun, or being worked on', countOf(Math.max(0, operation.total - operation.completed), 'job')],
            ],
        }),
        act: async () => {
            const answer = await post(operationPath(operation, 'cancel'));
            toast(
                answer.message +
                    ': ' +
                    countOf(answer.completed, 'job') +
                    ' done, ' +
                    count(answer.total - answer.completed) +
                    ' never started',
            );
            then?.();
        },
        yes: 'Cancel it',
        no: 'Let it run',
    });
}

export function askRetryOperation(operation) {
    ask({
        title: 'Retry what failed?',
        text: nameOfOperation(operation) + ': a new operation makes up for what failed in this one.',
        preview: async () => ({ figures: [['Failed jobs', count(operation.failed)]] }),
        act: () => start(operationPath(operation, 'retry'), {}, 'operation ' + operation.operation_id),
        yes: 'Retry',
        no: 'Not now',
    });
}
