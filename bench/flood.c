// Sends the lines of a file as datagrams or as one TCP stream: flood udp|tcp PORT FILE RATE SECONDS [FROM]
// RATE 0 is as fast as possible; FROM is the address to send from. Prints how many lines the kernel took from it.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { perCall = 32 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void keepRate(double startedAt, long sent, double rate) {
  if (rate <= 0) return;
  double ahead = sent / rate - (now() - startedAt);
  if (ahead > 0.0002) usleep(ahead * 1e6);
}

static long sendDatagrams(int s, const char *lines, size_t size, double rate, double seconds, double startedAt) {
  struct mmsghdr messages[perCall];
  struct iovec parts[perCall];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < perCall; i++) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const char *at = lines, *end = lines + size;
  long sent = 0;
  while (now() - startedAt < seconds) {
    for (int i = 0; i < perCall; i++) {
      if (at >= end) at = lines;
      const char *stop = memchr(at, '\n', end - at);
      if (!stop) stop = end;
      parts[i].iov_base = (char *)at;
      parts[i].iov_len = stop - at;
      at = stop + 1;
    }
    for (int done = 0; done < perCall;) {
      int taken = sendmmsg(s, messages + done, perCall - done, 0);
      if (taken > 0) done += taken;
    }
    sent += perCall;
    keepRate(startedAt, sent, rate);
  }
  return sent;
}

static long sendStream(int s, const char *lines, size_t size, double rate, double seconds, double startedAt) {
  const size_t most = rate > 0 ? 4096 : 65536;
  size_t at = 0;
  long sent = 0;
  while (now() - startedAt < seconds) {
    if (at >= size) at = 0;
    size_t stop = at + most < size ? at + most : size;
    while (stop > at && lines[stop - 1] != '\n') stop--;
    for (size_t done = at; done < stop;) {
      ssize_t taken = write(s, lines + done, stop - done);
      if (taken <= 0) return sent;
      done += taken;
    }
    for (size_t i = at; i < stop; i++) sent += lines[i] == '\n';
    at = stop;
    keepRate(startedAt, sent, rate);
  }
  return sent;
}

int main(int count, char **arg) {
  if (count < 6) return 2;
  int isUdp = !strcmp(arg[1], "udp");
  int file = open(arg[3], O_RDONLY);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0) return 1;
  const char *lines = mmap(0, info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
  int s = socket(AF_INET, isUdp ? SOCK_DGRAM : SOCK_STREAM, 0);
  struct sockaddr_in from = {.sin_family = AF_INET};
  if (count > 6 && (inet_pton(AF_INET, arg[6], &from.sin_addr) != 1 || bind(s, (void *)&from, sizeof from) != 0)) return 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(arg[2])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(s, (void *)&to, sizeof to) != 0) return 1;
  double startedAt = now();
  long sent = (isUdp ? sendDatagrams : sendStream)(s, lines, info.st_size, atof(arg[4]), atof(arg[5]), startedAt);
  printf("%ld\n", sent);
  return 0;
}
