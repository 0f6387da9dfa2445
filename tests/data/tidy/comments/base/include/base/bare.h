#ifndef BASE_BARE_H
#define BASE_BARE_H
#endif
