/* Give every pseudo-terminal modem lines, for a driver that insists on lowering RTS.

   A pseudo-terminal answers the four modem-line requests with ENOTTY. Loaded ahead of the C library
   (LD_PRELOAD), this keeps the lines in a variable instead; all other requests pass. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>

typedef int request_function(int, unsigned long, ...);

static int lines = TIOCM_DTR | TIOCM_RTS;

int ioctl(int descriptor, unsigned long request, ...)
{
    static request_function *of_the_system = NULL;
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);

    if (of_the_system == NULL)
        of_the_system = (request_function *)dlsym(RTLD_NEXT, "ioctl");
    int result = of_the_system(descriptor, request, argument);
    if (result == 0 || (errno != ENOTTY && errno != EINVAL))
        return result;

    int *bits = argument;
    if (request == TIOCMGET)
        *bits = lines;
    else if (request == TIOCMSET)
        lines = *bits;
    else if (request == TIOCMBIS)
        lines |= *bits;
    else if (request == TIOCMBIC)
        lines &= ~*bits;
    else
        return result;
    errno = 0;
    return 0;
}
