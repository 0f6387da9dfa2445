/* modes.h - what `accuracy` can do besides its first task, each a command line of its own. */
#ifndef ACCURACY_MODES_H
#define ACCURACY_MODES_H

/* The paired comparison on code whose difference is known. Exit status. */
int aa_main(int argc, char **argv);

/* Tables from what `aa` saved. */
int aa_replay_main(int argc, char **argv);

/* The same beside other tools. */
int peers_main(int argc, char **argv);

/* accuracy changepoints: are the changes of a history found, and nothing else?
 * [--histories N] [--length N] [--seed N] [--significance P] [--recorded FILE] */
int changes_main(int argc, char **argv);

#endif
