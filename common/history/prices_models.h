/* prices/models.yaml as it was when this was built (embed_text in CMakeLists.txt). */
#ifndef REPRISE_HISTORY_PRICES_MODELS_H
#define REPRISE_HISTORY_PRICES_MODELS_H

extern const char prices_models[];

#endif
