/* ifr_pause.h - tells the processor that a loop waits for another one. */
#ifndef MFN_IFR_PAUSE_H
#define MFN_IFR_PAUSE_H

static inline void mfn_ifr_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
