#include <curl/curl.h>

// curl_easy_setopt, curl_easy_getinfo and curl_multi_setopt are variadic, which Swift cannot call: one typed function
// per kind of argument.
static inline CURLcode energy_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode energy_curl_set_string(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode energy_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode energy_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(handle, option, value);
}
typedef size_t (*energy_curl_callback)(char *data, size_t size, size_t count, void *context);
static inline CURLcode energy_curl_set_callback(CURL *handle, CURLoption option, energy_curl_callback value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode energy_curl_get_long(CURL *handle, CURLINFO info, long *value) {
  return curl_easy_getinfo(handle, info, value);
}
static inline CURLMcode energy_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}
// A macro that joins two others, which Swift does not import.
static inline CURLcode energy_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
