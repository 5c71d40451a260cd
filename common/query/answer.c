#include "common/query/answer.h"

#include <stdlib.h>

void answer_fini(struct answer *answer)
{
    json_object_put(answer->json);
    PQclear(answer->result);
    free(answer->next);
    *answer = (struct answer){0};
}
