/* stored.h - the mode `accuracy stored`. */
#ifndef ACCURACY_STORED_H
#define ACCURACY_STORED_H

/* argv[0] is "stored". Returns the exit status. */
int stored_main(int argc, char **argv);

#endif
