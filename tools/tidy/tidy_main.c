/* tidy_main.c - keeps the house: reads the tree and says where it breaks docs/architecture.md.
 *
 * Exit status 0 tidy, 1 problems were found, 2 usage or the tree cannot be read.
 */
#include "tidy.h"

#include <stdio.h>
#include <string.h>

static int usage(void)
{
    fputs("usage: tidy [--graph | --dot] ROOT\n"
          "  checks includes, names, sizes and comments of the tree at ROOT\n"
          "  --graph  print which folder includes which, a line a folder\n"
          "  --dot    the same as a graph for dot\n",
          stderr);
    return 2;
}

static int check(struct tidy_tree *tree)
{
    tidy_includes_check(tree);
    tidy_circles_check(tree);
    tidy_symbols_check(tree);
    tidy_files_check(tree);
    tidy_folders_check(tree);
    if (tree->problem_count)
        printf("tidy: %u problem%s in %zu files\n", tree->problem_count,
               tree->problem_count == 1 ? "" : "s", tree->file_count);
    else
        printf("tidy: %zu files, nothing to say\n", tree->file_count);
    return tree->problem_count ? 1 : 0;
}

int main(int argc, char **argv)
{
    const bool is_graph = argc == 3 && !strcmp(argv[1], "--graph");
    const bool is_dot = argc == 3 && !strcmp(argv[1], "--dot");
    if (argc != 2 && !is_graph && !is_dot)
        return usage();
    struct tidy_tree tree = { 0 };
    struct base_why why = { 0 };
    int status = 0;
    if (tidy_tree_read(&tree, argv[argc - 1], &why)) {
        fprintf(stderr, "tidy: %s\n", why.text);
        status = 2;
    } else {
        tidy_includes_resolve(&tree);
        if (is_graph || is_dot)
            tidy_graph_print(&tree, is_dot);
        else
            status = check(&tree);
    }
    tidy_tree_done(&tree);
    return status;
}
