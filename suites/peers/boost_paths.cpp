/* boost_paths.cpp - see boost_paths.h. Directed rows with 32-bit indices and one weight an arc, and
 * dijkstra_shortest_paths as its documentation calls it; one pair ends by an exception of the
 * visitor, the way its FAQ gives. */
#include "boost_paths.h"

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/dijkstra_shortest_paths.hpp>

#include <new>
#include <utility>
#include <vector>

namespace
{
struct arc {
    uint32_t weight;
};

typedef boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, arc,
                                           boost::no_property, uint32_t, uint32_t>
    rows;

struct arrived {
};

class stop_at : public boost::default_dijkstra_visitor
{
  public:
    explicit stop_at(uint32_t node) : target(node)
    {
    }
    template <class Graph> void examine_vertex(uint32_t node, const Graph &)
    {
        if (node == target)
            throw arrived();
    }

  private:
    uint32_t target;
};
} // namespace

struct boost_paths {
    rows graph;
    std::vector<uint64_t> distances;
    std::vector<uint32_t> parents;
};

struct boost_paths *boost_paths_new(uint32_t node_count, const uint32_t *first,
                                    const uint32_t *ends, const uint32_t *weights)
try {
    std::vector<std::pair<uint32_t, uint32_t>> pairs;
    std::vector<arc> arcs;
    for (uint32_t node = 0; node < node_count; node++)
        for (uint32_t i = first[node]; i < first[node + 1]; i++) {
            pairs.push_back(std::make_pair(node, ends[i]));
            arcs.push_back(arc{ weights[i] });
        }
    return new boost_paths{ rows(boost::edges_are_sorted, pairs.begin(), pairs.end(), arcs.begin(),
                                 node_count),
                            std::vector<uint64_t>(node_count), std::vector<uint32_t>(node_count) };
} catch (const std::bad_alloc &) {
    return nullptr;
}

void boost_paths_free(struct boost_paths *paths)
{
    delete paths;
}

int boost_paths_run_into(struct boost_paths *paths, uint32_t root, uint64_t *distances)
try {
    boost::dijkstra_shortest_paths(
        paths->graph, root,
        boost::predecessor_map(
            boost::make_iterator_property_map(paths->parents.begin(),
                                              boost::get(boost::vertex_index, paths->graph)))
            .distance_map(boost::make_iterator_property_map(
                distances, boost::get(boost::vertex_index, paths->graph)))
            .weight_map(boost::get(&arc::weight, paths->graph)));
    return 1;
} catch (const std::bad_alloc &) {
    return 0;
}

int boost_paths_run(struct boost_paths *paths, uint32_t root)
{
    return boost_paths_run_into(paths, root, paths->distances.data());
}

uint64_t boost_paths_find(struct boost_paths *paths, uint32_t from, uint32_t to)
try {
    boost::dijkstra_shortest_paths(
        paths->graph, from,
        boost::predecessor_map(
            boost::make_iterator_property_map(paths->parents.begin(),
                                              boost::get(boost::vertex_index, paths->graph)))
            .distance_map(boost::make_iterator_property_map(
                paths->distances.begin(), boost::get(boost::vertex_index, paths->graph)))
            .weight_map(boost::get(&arc::weight, paths->graph))
            .visitor(stop_at(to)));
    return UINT64_MAX;
} catch (const arrived &) {
    return paths->distances[to];
} catch (const std::bad_alloc &) {
    return UINT64_MAX;
}

uint64_t boost_paths_distance(const struct boost_paths *paths, uint32_t node)
{
    return paths->distances[node];
}
