/* ifr_list.h - doubly linked lists of slots, whose links lie inside the slots' records.
 *
 * Several lists may share one array of links when no slot is in two of them. */
#ifndef IFR_LIST_H
#define IFR_LIST_H

#include <stddef.h>
#include <stdint.h>

#define IFR_NONE UINT32_MAX /* no slot */

struct ifr_link {
    uint32_t prev; /* nearer to the head: newer */
    uint32_t next;
};

/* Where the link of slot i is: base + i * stride. */
struct ifr_links {
    char *base;
    size_t stride;
};

struct ifr_list {
    uint32_t head, tail, count;
};

static inline struct ifr_list ifr_list_empty(void)
{
    return (struct ifr_list){ .head = IFR_NONE, .tail = IFR_NONE };
}

static inline struct ifr_link *ifr_link_of(const struct ifr_links *links, uint32_t slot)
{
    return (struct ifr_link *)(void *)(links->base + (size_t)slot * links->stride);
}

static inline void ifr_list_push(const struct ifr_links *links, struct ifr_list *list,
                                 uint32_t slot)
{
    *ifr_link_of(links, slot) = (struct ifr_link){ .prev = IFR_NONE, .next = list->head };
    if (list->head == IFR_NONE)
        list->tail = slot;
    else
        ifr_link_of(links, list->head)->prev = slot;
    list->head = slot;
    list->count++;
}

static inline void ifr_list_unlink(const struct ifr_links *links, struct ifr_list *list,
                                   uint32_t slot)
{
    const struct ifr_link link = *ifr_link_of(links, slot);
    if (link.prev == IFR_NONE)
        list->head = link.next;
    else
        ifr_link_of(links, link.prev)->next = link.next;
    if (link.next == IFR_NONE)
        list->tail = link.prev;
    else
        ifr_link_of(links, link.next)->prev = link.prev;
    list->count--;
}

static inline void ifr_list_to_head(const struct ifr_links *links, struct ifr_list *list,
                                    uint32_t slot)
{
    if (list->head == slot)
        return;
    ifr_list_unlink(links, list, slot);
    ifr_list_push(links, list, slot);
}

#endif
