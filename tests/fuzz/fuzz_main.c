/* Runs a fuzz entry once over each file named (folders: each file in them), where libFuzzer is not
 * there to do it. */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
run_file(const char *path)
{
    FILE *in = fopen(path, "r");
    if (!in) {
        perror(path);
        return 1;
    }
    size_t capacity = 4 << 20;
    uint8_t *data = malloc(capacity);
    if (!data)
        abort();
    size_t size = fread(data, 1, capacity, in);
    fclose(in);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 0;
}

static int
run_folder(const char *path, DIR *folder)
{
    char file[1000];
    int failed = 0, count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) && !failed;) {
        if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        failed = run_file(file);
        count++;
    }
    printf("%s: %d inputs\n", path, count);
    return failed || count == 0;
}

int
main(int argc, char **argv)
{
    int failed = argc < 2;
    for (int i = 1; i < argc && !failed; i++) {
        DIR *folder = opendir(argv[i]);
        failed = folder ? run_folder(argv[i], folder) : run_file(argv[i]);
        if (folder)
            closedir(folder);
    }
    return failed;
}
